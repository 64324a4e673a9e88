using System.Collections.Immutable;
using Router.Http;

namespace Router.Upstreams;

/// <summary>Sends each request to one of a backend's addresses.</summary>
public sealed class UpstreamHandler(ImmutableArray<Destination> endpoints) : HttpMessageHandler
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = (BackendRequest)request;
        sent.TriedAddress = DestinationPicker.Of(endpoints, sent.TriedAddress, Random.Shared);
        return endpoints[sent.TriedAddress].Transport.SendAsync(sent);
    }
}
