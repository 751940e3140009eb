using Portolan.Lab.Services;
using Portolan.Model.Registry;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Ports as topologies write them: <c>22,8000-8100</c>, <c>ssh</c>, <c>domain/udp</c>.</summary>
internal static class PortText
{
    /// <summary>Reads ports with their protocol, TCP when none is named; anything wrong is a fault.</summary>
    public static (TransportProtocol Protocol, PortSet Ports)? Read(TreeScalar at, FaultList faults)
    {
        var text = at.Text;
        var protocol = TransportProtocol.Tcp;
        if (text.LastIndexOf('/') is var slash and >= 0)
        {
            var name = text[(slash + 1)..];
            if (name is not ("tcp" or "udp"))
            {
                faults.Error(at.At(slash + 1), $"no protocol of the lab is named {FaultList.Quote(name)}", $"it is tcp or udp");
                return null;
            }

            protocol = name == "udp" ? TransportProtocol.Udp : TransportProtocol.Tcp;
            text = text[..slash];
        }

        return ReadList(at, text, protocol, faults) is { } ports ? (protocol, ports) : null;
    }

    /// <summary>Reads a port list in nmap's grammar, with names of services; anything wrong is a fault.</summary>
    public static PortSet? ReadList(TreeScalar at, string text, TransportProtocol protocol, FaultList faults)
    {
        if (!PortSet.TryParse(text, out var ports, out var error, (name, set) => TryFindName(name, protocol, set)))
        {
            var word = text.Substring(
                Math.Min(error.Position, text.Length), Math.Min(error.Length, text.Length - Math.Min(error.Position, text.Length)));
            faults.Error(
                at.At(error.Position), FaultList.Shown(error.Reason),
                !char.IsAsciiLetter(word.FirstOrDefault())
                    ? Advice.Of($"write ports as 22,8000-8100, or by name")
                    : faults.IsFull ? null : Suggest(word));
            return null;
        }

        if (ports.Contains(PortNumber.Zero))
        {
            faults.Error(at, "port 0 is reserved: nothing can listen on it", $"ports are 1 to 65535");
            return null;
        }

        return ports;
    }

    /// <summary>Reads a range of ports such as <c>50000-50999</c>; anything wrong is a fault.</summary>
    public static PortRange? ReadRange(TreeScalar at, FaultList faults)
    {
        if (ReadList(at, at.Text, TransportProtocol.Tcp, faults) is not { } ports)
        {
            return null;
        }

        PortNumber[] all = [.. ports];
        if (all.Length == 0 || all[^1].Value - all[0].Value != all.Length - 1)
        {
            faults.Error(at, $"{FaultList.Quote(at.Text)} is not one range of ports", $"write it as FIRST-LAST: 50000-50999");
            return null;
        }

        return new PortRange(all[0], all[^1]);
    }

    /// <summary>Reads one port, by number or name; anything wrong is a fault.</summary>
    public static PortNumber? ReadOne(TreeScalar at, string text, TransportProtocol protocol, FaultList faults)
    {
        if (ReadList(at, text, protocol, faults) is not { } ports)
        {
            return null;
        }

        if (ports.Count != 1 || !ports.TryNext(PortNumber.Zero, out var port))
        {
            faults.Error(at, $"{FaultList.Quote(text)} is more than one port");
            return null;
        }

        return port;
    }

    /// <summary>The ports with their protocol where it is not TCP: <c>161/udp</c>.</summary>
    public static string Format(TransportProtocol protocol, PortSet ports) =>
        protocol == TransportProtocol.Udp ? $"{ports}/udp" : ports.ToString();

    // A service of the lab has the port it is usual on; any other name is the registry's.
    private static bool TryFindName(ReadOnlySpan<char> name, TransportProtocol protocol, PortSet ports)
    {
        if (ServiceCatalogue.TryFind(name.ToString(), out var service) && service.UsualPort is { } usual)
        {
            ports.Add(usual);
            return true;
        }

        if (!ServiceRegistry.BuiltIn.TryFindPort(name, protocol, out var range))
        {
            return false;
        }

        ports.Add(range);
        return true;
    }

    // What the lab has is likelier meant than one of the registry's six thousand names.
    private static Advice Suggest(string word) =>
        (NearestWord.Find(word, ServiceCatalogue.All.Where(s => s.UsualPort is not null).Select(s => s.Name))
            ?? NearestWord.Find(word, ServiceRegistry.BuiltIn.Names())) is { } near
            ? Advice.Of($"did you mean {near}?")
            : $"portolan port --search finds services";
}
