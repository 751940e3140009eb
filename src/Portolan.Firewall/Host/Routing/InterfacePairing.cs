namespace Portolan.Firewall.Host.Routing;

/// <summary>
/// Which senders' packets may arrive on which interfaces, where each interface has senders of its own. Told apart by reference.
/// </summary>
/// <param name="Pairs">Senders, which overlap nowhere, each with its interfaces; who is not named has none.</param>
public sealed record InterfacePairing(IReadOnlyList<(IntervalSet Senders, IntervalSet Interfaces)> Pairs)
{
    /// <inheritdoc/>
    public bool Equals(InterfacePairing? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
