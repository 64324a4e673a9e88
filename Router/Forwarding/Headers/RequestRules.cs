using System.Collections.Frozen;
using System.Net;
using Router.Access;
using Router.Configuration;

namespace Router.Forwarding.Headers;

/// <summary>What is changed in the header of every request that is forwarded, compiled from <see cref="RequestHeaderSettings"/>.</summary>
public sealed class RequestRules(RequestHeaderSettings settings, AllowList? samplingTrust)
{
    private readonly FrozenSet<string> _removed = settings.Remove.Select(name => name.Replace('_', '-')).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What <c>X-Forwarded-Proto</c> always says; null for what the client used.</summary>
    public string? ForwardedProto => settings.ForwardedProto;

    /// <summary>Whether Router decides which requests are traced: then the two fields that say so do not simply pass.</summary>
    public bool DecidesSampling => samplingTrust is not null;

    /// <summary>Whether a field goes to no backend; its name with hyphens in place of underscores.</summary>
    public bool Removes(string name) => _removed.Contains(name) || (DecidesSampling && B3Sampling.IsDecided(name));

    /// <summary>Adds the fields that say whether the request is traced.</summary>
    public void AddSampling(IHeaderDictionary from, BackendRequest to, IPAddress client)
    {
        if (samplingTrust is not null)
            B3Sampling.Add(from, to, samplingTrust.Contains(client));
    }
}
