using System.Collections.Immutable;

namespace Router.Configuration;

/// <summary>
/// The addresses of one backend: origins with the same scheme, without a path. Equal if they are the same in the same order.
/// </summary>
public sealed class BackendAddresses(ImmutableArray<Uri> all) : IEquatable<BackendAddresses>
{
    /// <summary>All addresses; at least one in a valid configuration.</summary>
    public ImmutableArray<Uri> All => all;

    public bool Equals(BackendAddresses? other) => other is not null && all.SequenceEqual(other.All);

    public override bool Equals(object? obj) => Equals(obj as BackendAddresses);

    public override int GetHashCode() => all.Aggregate(0, (hash, address) => HashCode.Combine(hash, address));

    public override string ToString() => string.Join(", ", all.Select(address => address.GetLeftPart(UriPartial.Authority)));
}
