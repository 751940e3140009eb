using Portolan.Cli.Scanning.Live;
using Portolan.Model;
using Portolan.Scan.Targets;

namespace Portolan.Cli.Scanning;

/// <summary>The ports that <c>-sL</c> lists when it is asked for some: which ones a scan would probe, the likeliest first.</summary>
internal static class PortListing
{
    /// <summary>Writes a line for each protocol.</summary>
    public static void Write(Utf8Writer output, PortSelection ports)
    {
        (TransportProtocol, PortSet)[] both = [(TransportProtocol.Tcp, ports.Tcp), (TransportProtocol.Udp, ports.Udp)];
        foreach (var (protocol, set) in both)
        {
            if (set.IsEmpty)
            {
                continue;
            }

            output.Write(ScanWording.Count((ulong)set.Count, $"{protocol.Name()} port"));
            output.Write(", most common first:");
            foreach (var port in InOrder(protocol, set))
            {
                output.Write(' ');
                output.WriteNumber(port.Value);
            }

            output.WriteLine();
        }

        output.Flush();
    }

    private static IEnumerable<PortNumber> InOrder(TransportProtocol protocol, PortSet set)
    {
        var order = TopPorts.InOrder(protocol).ToArray();
        var left = set.Clone();
        foreach (var number in order)
        {
            if (left.Remove(new PortNumber(number)))
            {
                yield return new PortNumber(number);
            }
        }

        foreach (var port in left)
        {
            yield return port;
        }
    }
}
