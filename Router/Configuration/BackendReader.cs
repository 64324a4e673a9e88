using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>Reads a section of <c>Router:Backends</c>.</summary>
public static class BackendReader
{
    /// <summary>Reads the section and records the errors.</summary>
    public static BackendSettings Read(ConfigurationReader reader)
    {
        var responseTimeout = reader.Duration("ResponseTimeout", TimeSpan.FromSeconds(60));
        var addresses = Addresses(reader);
        var backend = new BackendSettings
        {
            Name = reader.Name,
            Kind = reader.Choice<BackendKind>("Kind") ?? Missing(reader),
            Addresses = addresses,
            Http2 = reader.Flag("Http2", false),
            CertificateAuthorities = CertificateAuthorities.Read(reader, "CertificateAuthorities") is { } path
                ? new AuthorityFile(path, FileStamp.Of(path))
                : null,
            ClientCertificate = ClientCertificateFiles.Read(reader, addresses),
            BasicAuthentication = BasicAuthentication(reader),
            ConnectTimeout = reader.Duration("ConnectTimeout", TimeSpan.FromSeconds(1)),
            ResponseTimeout = responseTimeout,
            WriteSettleTime = reader.DurationOrZero("WriteSettleTime", responseTimeout),
            IdleTimeout = reader.DurationOrOff("IdleTimeout", TimeSpan.FromSeconds(60)),
            RequestTimeout = reader.DurationOrOff("RequestTimeout", null),
            DnsRefresh = reader.Duration("DnsRefresh", TimeSpan.FromSeconds(10)),
            BreakerFailures = reader.Number("BreakerFailures", 5, 1, 1000),
            BreakerDuration = reader.Duration("BreakerDuration", TimeSpan.FromMilliseconds(500)),
            MaxConcurrentRequests = reader.Number("MaxConcurrentRequests", 4096, 1, 1_000_000),
            MaxQueuedRequests = reader.Number("MaxQueuedRequests", 1024, 0, 1_000_000),
            QueueTimeout = reader.Duration("QueueTimeout", TimeSpan.FromSeconds(5)),
            ProbePath = ProbePath(reader),
            ProbeInterval = reader.Duration("ProbeInterval", TimeSpan.FromSeconds(5)),
        };
        reader.RefuseUnknownKeys();
        return backend;
    }

    private static BackendKind Missing(ConfigurationReader reader)
    {
        if (reader.Text("Kind") is null)
            reader.AddError("Kind", "is not set", $"Choose one of {string.Join(", ", Enum.GetNames<BackendKind>())}");
        return BackendKind.Frontend;
    }

    private static BackendAddresses Addresses(ConfigurationReader reader)
    {
        const string hint = "Give scheme, host and port only, such as http://api.internal:8080; separate several with commas";
        var texts = reader.List("Address");
        if (texts is [])
            reader.AddError("Address", "is not set", hint);
        var addresses = texts.Select(text => Address(reader, text, hint)).OfType<Uri>().ToImmutableArray();
        if (addresses.Select(address => address.Scheme).Distinct().Count() > 1)
            reader.AddError("Address", "mixes http and https", "Give all addresses of a backend the same scheme");
        return new BackendAddresses(addresses);
    }

    private static Uri? Address(ConfigurationReader reader, string text, string hint)
    {
        if (!HttpAddress.TryParse(text, out var address))
            reader.AddError("Address", HttpAddress.Problem(text), hint);
        else if (address.UserInfo is not "")
            // The text is not part of the message: it contains a password.
            reader.AddError("Address", "holds a user name", "Put user:password as base64 under BasicAuthentication");
        else if (address.PathAndQuery is not "/" || address.Fragment is not "")
            reader.AddError("Address", $"'{text}' has a path, which Router does not prepend to the request path", hint);
        else
            return address;
        return null;
    }

    private static string? ProbePath(ConfigurationReader reader)
    {
        var path = reader.FilledText("ProbePath", "Give a path such as /_status, or remove it");
        if (path is not null && (!path.StartsWith('/') || path.AsSpan().ContainsAnyExceptInRange('!', '~')))
            reader.AddError("ProbePath", $"'{path}' is not a path", "Give a path such as /_status");
        return path;
    }

    private static string? BasicAuthentication(ConfigurationReader reader)
    {
        const string hint = "Create it with: printf %s user:password | base64";
        if (reader.Text("BasicAuthentication") is not { } text)
        {
            // A key that is present is intended: without the credentials the backend would reject every visitor.
            if (reader.Has("BasicAuthentication"))
                reader.AddError("BasicAuthentication", "is empty", hint);
            return null;
        }

        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || !bytes.AsSpan(0, length).Contains((byte)':'))
            reader.AddError("BasicAuthentication", "is not the base64 of user:password", hint);
        return text;
    }
}
