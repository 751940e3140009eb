using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine;

/// <summary>Ports that nothing should listen on: where several of them look open, one thing answers for all.</summary>
internal static class HighPorts
{
    /// <summary>How many are asked.</summary>
    public const int Count = 3;

    private const int First = 49152;
    private const ulong ManyDraws = 64;
    private const ulong MostDraws = 4096;

    /// <summary>
    /// Chooses a host's, outside the scanned ports where there are enough others: answers must not be mistaken for results. None where the
    /// person excluded so many that there are not enough.
    /// </summary>
    public static ushort[] Choose(in SipHash random, InternetAddress address, ProbePorts scanned, PortSet? excluded)
    {
        var chosen = new ushort[Count];
        for (var (found, draw) = (0, 0UL); found < Count; draw++)
        {
            if (draw > MostDraws)
            {
                return [];
            }

            var hash = random.Of(address.UpperBits ^ address.LowerBits, draw);
            var port = (ushort)(First + (hash % (PortNumber.Count - First)));
            var isScanned = scanned.IndexOf(new ProbePort(TransportProtocol.Tcp, new PortNumber(port))) >= 0;
            if (excluded?.Contains(new PortNumber(port)) == true)
            {
                continue;
            }

            if ((!isScanned || draw > ManyDraws) && Array.IndexOf(chosen, port) < 0)
            {
                chosen[found++] = port;
            }
        }

        return chosen;
    }
}
