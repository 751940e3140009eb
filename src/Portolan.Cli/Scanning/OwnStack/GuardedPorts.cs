using Portolan.Firewall.Guarding;
using Portolan.Linux.Sockets;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Probes;

namespace Portolan.Cli.Scanning.OwnStack;

/// <summary>
/// Ports for a stack beside the kernel's: held, so that no program gets them, and guarded, so that the kernel's TCP leaves alone what comes
/// for them.
/// </summary>
internal sealed class GuardedPorts : IDisposable
{
    /// <summary>Ports of each connector. Connections to different ports and hosts share them, so a few are enough for any number.</summary>
    private const int PortsOfOne = 16;

    /// <summary>
    /// Descriptors of each connector: the sockets of an interface or two, their rings, and those that ask for neighbours.
    /// </summary>
    private const int DescriptorsOfOne = 10;

    /// <summary>Descriptors of the probes, the guard and the questions to the kernel.</summary>
    private const int OtherDescriptors = 24;

    private readonly ReservedPorts _held;
    private readonly PortGuard _guard;

    private GuardedPorts(ReservedPorts held, PortGuard guard) => (_held, _guard) = (held, guard);

    /// <summary>Takes ports and guards them, and proves that the guard holds.</summary>
    /// <param name="connectors">For how many connectors.</param>
    /// <param name="network">The kernel's network.</param>
    /// <param name="own">This host's addresses that targets will see; the guard is proved with each.</param>
    /// <param name="ephemeral">Ports that the kernel gives to programs, or <c>null</c>.</param>
    /// <param name="probes">Ports of the scan's probes.</param>
    /// <exception cref="PortolanException">They are not to be had, or the guard is not proved.</exception>
    public static GuardedPorts Take(
        int connectors, INetwork network, IReadOnlyCollection<InternetAddress> own, EphemeralRange? ephemeral, SourcePorts probes)
    {
        // Two more, held but not guarded, serve the proof.
        var count = connectors * PortsOfOne;
        var held = ReservedPorts.Take(
            count + 2, new PortSet(new PortRange(probes.First, probes.Last)), ephemeral,
            OtherDescriptors + (connectors * DescriptorsOfOne));
        PortGuard? guard = null;
        try
        {
            var first = held.Range.First.Value;
            guard = PortGuard.Start(Ports(first, count));
            foreach (var address in own)
            {
                GuardProof.Demand(
                    guard, network, address, new PortNumber((ushort)(first + count)), new PortNumber((ushort)(first + count + 1)));
            }

            return new GuardedPorts(held, guard);
        }
        catch
        {
            guard?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>All of them.</summary>
    public PortRange All => _guard.Ports;

    /// <summary>The ports of one connector, by its number from 0.</summary>
    public PortRange ShareOf(int connector) => Ports(_guard.Ports.First.Value + (connector * PortsOfOne), PortsOfOne);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The guard last: until then the kernel must not answer for ports that no process holds.
        _held.Dispose();
        _guard.Dispose();
    }

    private static PortRange Ports(int first, int count) => new(new PortNumber((ushort)first), new PortNumber((ushort)(first + count - 1)));
}
