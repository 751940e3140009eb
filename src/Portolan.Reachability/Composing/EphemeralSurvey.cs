using Portolan.Linux;
using Portolan.Sockets.Binding;

namespace Portolan.Reachability.Composing;

/// <summary>Reads how much of a machine's ephemeral range is in use.</summary>
public static class EphemeralSurvey
{
    /// <summary>
    /// A lookup in the registry takes 4 ms; reading sockets to say beside it how full the range is takes 1 ms for each thousand or so.
    /// </summary>
    private const long MostForRemark = 10_000;

    private static readonly TransportProtocol[] Counted = [TransportProtocol.Tcp, TransportProtocol.Udp];

    /// <summary>Reads it. The sockets are read once, without their owners; where that fails the counts are not known.</summary>
    /// <param name="machine">Where to read: in its own network namespace.</param>
    /// <param name="isRemark">Whether this only goes with an answer about something else: then it is not worth reading a crowd of
    /// sockets.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static EphemeralUse Read(Machine machine, bool isRemark, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(machine);
        if (machine.Settings.EphemeralRange is not { } range)
        {
            return new EphemeralUse(null, null, null);
        }

        if (isRemark && machine.CountSockets() is > MostForRemark and var many)
        {
            return new EphemeralUse(range, null, null, many);
        }

        try
        {
            var snapshot = machine.Survey().ForFreePorts(Counted, cancellationToken);
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
