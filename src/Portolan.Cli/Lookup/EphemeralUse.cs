using Portolan.Cli.Hosting;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Lookup;

/// <summary>This host's ephemeral range and how much of it is in use, in the network namespace of this program.</summary>
/// <param name="Range">The range; <c>null</c> when the kernel does not say.</param>
/// <param name="TcpInUse">How many of its ports some TCP socket has as its local port, in whatever state; <c>null</c> when not
/// known.</param>
/// <param name="UdpInUse">The same for UDP.</param>
/// <param name="Uncounted">How many sockets there are, where that is too many to read for a remark; <c>null</c> where they were
/// read.</param>
internal sealed record EphemeralUse(EphemeralRange? Range, int? TcpInUse, int? UdpInUse, long? Uncounted = null)
{
    /// <summary>
    /// A lookup in the registry takes 4 ms; reading sockets to say beside it how full the range is takes 1 ms for each thousand or so.
    /// </summary>
    private const long MostForRemark = 10_000;

    private static readonly TransportProtocol[] Counted = [TransportProtocol.Tcp, TransportProtocol.Udp];

    /// <summary>Reads it. The sockets are read once, without their owners; where that fails the counts are not known.</summary>
    /// <param name="context">Where to read.</param>
    /// <param name="isRemark">Whether this only goes with an answer about something else: then it is not worth reading a crowd of
    /// sockets.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static EphemeralUse Read(CommandContext context, bool isRemark, CancellationToken cancellationToken)
    {
        if (context.Machine.Settings.EphemeralRange is not { } range)
        {
            return new EphemeralUse(null, null, null);
        }

        if (isRemark && context.Machine.CountSockets() is > MostForRemark and var many)
        {
            return new EphemeralUse(range, null, null, many);
        }

        try
        {
            var snapshot = context.Machine.Survey().ForFreePorts(Counted, cancellationToken);
            return new EphemeralUse(
                range,
                range.CountInUse(FreePorts.Used(snapshot, [TransportProtocol.Tcp])),
                range.CountInUse(FreePorts.Used(snapshot, [TransportProtocol.Udp])));
        }
        catch (LinuxException)
        {
            return new EphemeralUse(range, null, null);
        }
    }
}
