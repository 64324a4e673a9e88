namespace Router.Tests.Harness;

/// <summary>The shared site of a class that needs no more than one frontend for <c>www.*</c>.</summary>
public sealed class PlainSite() : SharedSite(address => SiteFile.Of("www.*", address));
