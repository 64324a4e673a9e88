namespace Router.Reports;

/// <summary>The outcome of a check.</summary>
/// <param name="Url">The address.</param>
/// <param name="Passed">Whether it responded as it must.</param>
/// <param name="Text">What it responded.</param>
internal sealed record SiteCheckResult(string Url, bool Passed, string Text);
