namespace Router.Configuration;

/// <summary>What of the answers is compressed that the backends have not compressed.</summary>
public enum CompressionPolicy
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>What can hold no secret of anybody's: style sheets, scripts, SVG; pages and JSON where nobody has said who asks.</summary>
    On,

    /// <summary>Pages and JSON for those who have said who they are as well, whatever can be learnt from their length.</summary>
    Personal,
}
