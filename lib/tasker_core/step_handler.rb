# frozen_string_literal: true

module TaskerCore
  # What the user's handlers may inherit from. Nothing of it is needed: any object, class or module that responds to call is a handler.
  #
  #   class ShipOrder < TaskerCore::StepHandler
  #     def call(process_payment:, shipping:, ctx:)     # a step before this one, a key of the request's context, the attempt
  #       parcel = Carrier.book(shipping, key: ctx.idempotency_key)
  #       { tracking_number: parcel.number }
  #     end
  #   end
  #
  # Return what JSON can hold ({StrictJson} has the table). Raise {RetryableError} or {PermanentError} to say how it failed; anything
  # else that is raised is tried again until the step's limit.
  class StepHandler
    # Does the step's work. To be defined by the handler in one of these forms: `call(task, sequence, step)`, `call(ctx)`, or with
    # keywords that name steps before this one, keys of the request's context, or ctx, task, sequence, step.
    #
    # @return [Object, Result] the step's result
    def call(_task, _sequence, _step)
      raise PermanentError.new("#{self.class} has no call method: define call(task, sequence, step), call(ctx) or call with keywords",
                               error_code: "handler_signature")
    end

    # @return [Logger] where the worker's own lines go as well
    def logger = TaskerCore.config.logger
  end
end
