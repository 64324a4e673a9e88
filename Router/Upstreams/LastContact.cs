using Router.Http;

namespace Router.Upstreams;

/// <summary>What was last seen of a backend.</summary>
/// <param name="At">When.</param>
/// <param name="Failure">What went wrong; null where it answered.</param>
public sealed record LastContact(DateTimeOffset At, ForwardFailure? Failure);
