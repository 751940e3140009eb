using Portolan.Firewall.Forwarding;
using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Kernel;

/// <summary>One target of a forward of the kernel: its addresses, and whether connections should go to it.</summary>
/// <param name="point">How it was named.</param>
internal sealed class KernelTargetState(TargetPoint point)
{
    private IReadOnlyList<InternetAddress> _addresses = point.Address is { } address ? [address] : [];
    private bool _hasFailed;

    /// <summary>How it was named.</summary>
    public TargetPoint Point { get; } = point;

    /// <summary>Whether connections should go to it.</summary>
    public bool IsUp => !_hasFailed && _addresses.Count > 0;

    /// <summary>Gives it the addresses of its name.</summary>
    /// <returns>Whether they are others than before.</returns>
    public bool SetAddresses(IReadOnlyList<InternetAddress> addresses)
    {
        var changes = !addresses.SequenceEqual(_addresses);
        _addresses = addresses;
        return changes;
    }

    /// <summary>Says what its check showed.</summary>
    /// <returns>Whether that is new.</returns>
    public bool SetCheck(bool passed)
    {
        var changes = passed == _hasFailed;
        _hasFailed = !passed;
        return changes;
    }

    /// <summary>Its best address of each family, with the port.</summary>
    public IEnumerable<KernelTarget> Ends() =>
        _addresses.GroupBy(a => a.IsIPv4).Select(family => new KernelTarget(family.First(), Point.Port));
}
