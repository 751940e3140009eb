using System.Net;
using Portolan.Lab.Running;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Holding;

/// <summary>Finds the connections that sockets are ends of.</summary>
/// <param name="Connections">Those that can be made again.</param>
/// <param name="Left">The sockets of the others, as people read them.</param>
internal sealed record ConnectionPlan(IReadOnlyList<HeldConnection> Connections, IReadOnlyList<string> Left)
{
    /// <summary>Finds them.</summary>
    /// <param name="sockets">Sockets of TCP with a peer.</param>
    /// <param name="conversations">What crossed the wire; what a router translates is there twice, with one source.</param>
    /// <param name="directory">The names of addresses.</param>
    /// <param name="hosts">The names of hosts.</param>
    internal static ConnectionPlan Of(
        List<(string Host, StackSocket Socket)> sockets, IReadOnlyList<PairConversation> conversations, LabDirectory directory,
        IReadOnlyCollection<string> hosts)
    {
        var begun = new Dictionary<(IPEndPoint Source, IPEndPoint Destination), int>();
        for (var number = 0; number < conversations.Count; number++)
        {
            if (conversations[number] is { Protocol: TransportProtocol.Tcp } talk)
            {
                begun[(End(talk.Source, talk.SourcePort), End(talk.Destination, talk.DestinationPort))] = number;
            }
        }

        int Began(IPEndPoint source, IPEndPoint destination) => begun.GetValueOrDefault((source, destination), -1);
        var (found, left) = (new List<(int Number, HeldConnection Connection)>(), new List<string>());
        var ends = sockets.ConvertAll(static s => (s.Host, s.Socket, Local: Local(s.Socket), Remote: Remote(s.Socket)));
        var firsts = ends.Where(e => Began(e.Local, e.Remote) > Began(e.Remote, e.Local)).ToList();
        var seconds = ends.Where(e => Began(e.Local, e.Remote) < Began(e.Remote, e.Local)).ToList();
        left.AddRange(ends.Except(firsts).Except(seconds).Select(static e => Name(e.Host, e.Socket)));
        foreach (var first in firsts)
        {
            var other = seconds.FindIndex(
                s => s.Remote.Equals(first.Local) && (s.Local.Equals(first.Remote) || Began(first.Local, s.Local) >= 0));
            HeldEnd? second = null;
            if (other >= 0)
            {
                second = new HeldEnd(seconds[other].Host, seconds[other].Local, seconds[other].Socket.State!.Value);
                seconds.RemoveAt(other);
            }
            else
            {
                // Its host has closed it, or never heard of it. Of two sights of one connection the later one is behind the router.
                second = begun.Where(b => b.Key.Source.Equals(first.Local)
                        && (b.Key.Destination.Equals(first.Remote) || Math.Abs(b.Value - Began(first.Local, first.Remote)) == 1))
                    .OrderBy(static b => b.Value)
                    .Select(b => (b.Key.Destination, Name: directory.NameOf(InternetAddress.From(b.Key.Destination.Address))))
                    .Where(b => b.Name is not null && hosts.Contains(b.Name))
                    .Select(static b => new HeldEnd(b.Name!, b.Destination, TcpState.Closed))
                    .LastOrDefault();
            }

            Add(Began(first.Local, first.Remote), new HeldConnection(
                new HeldEnd(first.Host, first.Local, first.Socket.State!.Value), first.Remote, second));
        }

        foreach (var second in seconds)
        {
            if (directory.NameOf(InternetAddress.From(second.Remote.Address)) is { } name && hosts.Contains(name))
            {
                Add(Began(second.Remote, second.Local), new HeldConnection(
                    new HeldEnd(name, second.Remote, TcpState.Closed), second.Local,
                    new HeldEnd(second.Host, second.Local, second.Socket.State!.Value)));
            }
            else
            {
                left.Add(Name(second.Host, second.Socket));
            }
        }

        var ordered = found.OrderBy(static f => f.Number).Select(static f => f.Connection).ToList();
        left.AddRange(ordered.Skip(HoldPlan.MostConnections).Select(static c => Name(c.First)));
        return new ConnectionPlan([.. ordered.Take(HoldPlan.MostConnections)], left);

        void Add(int number, HeldConnection connection)
        {
            if (connection.Second is { } other)
            {
                var (one, two) = HeldConnections.Settle(connection.First.State, other.State);
                connection = connection with
                {
                    First = connection.First with { State = one },
                    Second = other with { State = two },
                };
            }

            if (HeldConnections.CanHold(connection))
            {
                found.Add((number, connection));
            }
            else
            {
                left.AddRange(((HeldEnd?[])[connection.First, connection.Second]).OfType<HeldEnd>()
                    .Where(static e => e.State != TcpState.Closed).Select(Name));
            }
        }
    }

    private static IPEndPoint Local(StackSocket socket) => End(socket.LocalAddress, socket.LocalPort);

    private static IPEndPoint Remote(StackSocket socket) => End(socket.RemoteAddress!.Value, socket.RemotePort);

    private static IPEndPoint End(InternetAddress address, PortNumber port) => new(address.ToIPAddress(), port.Value);

    private static string Name(HeldEnd end) => $"{end.Host} {end.Local} {end.State.Name()}";

    private static string Name(string host, StackSocket socket) => $"{host} {Local(socket)} {socket.State!.Value.Name()}";
}
