-- The one text of a JSON value, so that values which jsonb calls equal have one hash, in whatever language it is made:
--   * no white space;
--   * the members of an object in the order of their keys' UTF-8 bytes, an array's elements in their own order;
--   * numbers in plain decimal notation, without an exponent, without zeros at the end of a fraction, without a "+", and
--     without a sign if they are zero: 1.0, 1e0 and 10E-1 are 1, -0.0 is 0, 1e3 is 1000, 5e-3 is 0.005. Nothing is rounded;
--   * strings (keys too) as UTF-8 in quotes, with \" \\ \b \f \n \r \t for these seven, \u00xx in small letters for the other
--     characters below U+0020, and every other character as itself: no \/, no escape for U+007F, U+2028 or beyond U+FFFF;
--   * true, false and null.
CREATE FUNCTION tasker.canonical_json(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  listed text := (tasker.canonical_texts(ARRAY[jsonb_build_array(value)], 0))[1];
BEGIN
  RETURN substr(listed, 2, length(listed) - 2);
END
$$;
