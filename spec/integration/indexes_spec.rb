# frozen_string_literal: true

# Each index costs every write. One that another index of the same table can stand in for is there for nothing.
RSpec.describe "Indexes", :database do
  # An index is superfluous when another one of its table begins with its columns and holds at least its rows. A unique one is
  # a rule besides, which only another unique one of exactly these columns and rows can keep.
  question = <<~SQL
    WITH indexes AS (
      SELECT x.indrelid, x.indexrelid, i.relname, x.indisunique, x.indisprimary, pg_get_expr(x.indpred, x.indrelid) AS predicate,
             ARRAY(SELECT concat_ws(' ', pg_get_indexdef(x.indexrelid, k.n, false), x.indclass[k.n - 1], x.indcollation[k.n - 1], x.indoption[k.n - 1])
                     FROM generate_series(1, x.indnkeyatts) AS k (n) ORDER BY k.n) AS columns
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
       WHERE i.relnamespace = 'tasker'::regnamespace)
    SELECT a.relname
      FROM indexes a JOIN indexes b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid
     WHERE NOT a.indisprimary
       AND (b.predicate IS NULL OR b.predicate = a.predicate)
       AND b.columns[1:cardinality(a.columns)] = a.columns
       AND (NOT a.indisunique OR (b.indisunique AND b.columns = a.columns AND b.predicate IS NOT DISTINCT FROM a.predicate))
     ORDER BY 1
  SQL

  define_method(:superfluous) { psql.exec(question).column_values(0).uniq }

  it "are none too many" do
    expect(value("SELECT count(*) FROM pg_indexes WHERE schemaname = 'tasker'").to_i).to be > 20
    expect(superfluous).to eq([])
  end

  it "are seen through when they are doubled, only begin another one, or hold a part of its rows" do
    psql.exec("CREATE INDEX again ON tasker.tasks (namespace_id, created_at) WHERE completed_at IS NULL;" \
              "CREATE INDEX beginning ON tasker.steps (task_id);" \
              "CREATE INDEX part ON tasker.step_transitions (step_id) WHERE attempt > 1;" \
              "CREATE UNIQUE INDEX rule ON tasker.templates (namespace_id, name);" \
              "CREATE INDEX other_order ON tasker.steps (task_id, name DESC)")
    expect(superfluous).to eq(%w[again beginning part tasks_open])
  end
end
