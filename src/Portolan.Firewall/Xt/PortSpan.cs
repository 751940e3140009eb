namespace Portolan.Firewall.Xt;

/// <summary>Matches ports from one to another. A hostile rule may have them the wrong way round: then none matches.</summary>
/// <param name="First">First port.</param>
/// <param name="Last">Last port.</param>
/// <param name="IsInverted">Whether it matches the others.</param>
public readonly record struct PortSpan(ushort First, ushort Last, bool IsInverted = false)
{
    /// <summary>Whether every port matches.</summary>
    public bool IsAny => First == 0 && Last == ushort.MaxValue && !IsInverted;
}
