using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Listing;

/// <summary><c>list -i</c> beside <c>ss -i</c>, word by word.</summary>
public sealed class DetailDifferentialTests
{
    private const int CongestionOption = 13;

    /// <summary>Words whose figure moves with the clock while nothing happens.</summary>
    private static readonly string[] Clocks = ["lastsnd", "lastrcv", "lastack", "busy", "rwnd_limited", "sndbuf_limited"];

    [Fact]
    public void Every_algorithm_has_the_words_of_ss_in_their_order() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        var listener = zoo.Listener(new IPEndPoint(IPAddress.Loopback, 1080));
        foreach (var algorithm in File.ReadAllText("/proc/sys/net/ipv4/tcp_available_congestion_control").Split(
            (char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var (client, server) = zoo.Connected(listener);
            client.SetRawSocketOption((int)SocketOptionLevel.Tcp, CongestionOption, Encoding.ASCII.GetBytes(algorithm));
            Exchange(client, server);
        }

        Multiset.EqualWhenStill(Ss, Portolan, "ss -ti");
        Assert.Equal(
            OptionsOf(Tool.Lines("ss", "-taniHOo")), OptionsOf(PortolanProgram.Run("list", "-taniHOo").Expect(0).Output.Split('\n')));

        static IEnumerable<string> OptionsOf(string[] lines) => lines
            .SelectMany(line => line.Split(' ').Where(word => word is "ts" or "sack" or "ecn" or "ecnseen" or "fastopen"))
            .CountBy(word => word)
            .Select(word => $"{word.Value} {word.Key}")
            .Order(StringComparer.Ordinal);
    });

    [Fact]
    public void Every_state_has_the_words_of_ss() => Netns.Run(() =>
    {
        using var zoo = new TcpZoo();
        zoo.EveryState(IPAddress.Loopback);
        zoo.EveryState(IPAddress.IPv6Loopback);
        Multiset.EqualWhenStill(Ss, Portolan, "ss -ti");
    });

    [Fact]
    public void A_path_that_loses_segments_has_the_words_of_recovery() => Netns.Run(() =>
    {
        Tool.Feed(
            "nft",
            "table inet loss { chain in { type filter hook input priority 0; tcp dport 1080 tcp flags & psh == psh numgen inc mod 5 == 3 "
                + "drop; }; }", "-f", "-");
        using var zoo = new TcpZoo();
        var (client, server) = zoo.Connected(zoo.Listener(new IPEndPoint(IPAddress.Loopback, 1080)));
        for (var turn = 0; turn < 10; turn++)
        {
            Exchange(client, server);
        }

        Multiset.EqualWhenStill(Ss, Portolan, "ss -ti");
        Assert.Contains(Portolan(), row => row.Contains(" retrans:0/", StringComparison.Ordinal));
    });

    private static void Exchange(Socket client, Socket server)
    {
        var bytes = new byte[2000];
        client.Send(bytes);
        for (var received = 0; received < 2000;)
        {
            received += server.Receive(bytes);
        }

        server.Send(bytes.AsSpan(0, 1));
        Assert.Equal(1, client.Receive(bytes));
    }

    private static IEnumerable<string> Ss() =>
        Tool.Lines("ss", "-taniHO").Select(line => Row(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[3..]));

    private static IEnumerable<string> Portolan() => PortolanProgram.Run("list", "-taniHO", "--columns", "local,remote").Expect(0).Output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => Row(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

    private static string Row(string[] words) => string.Join(' ', words.Select(Same));

    private static string Same(string word)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && Clocks.Contains(word[..colon]))
        {
            return word[..colon];
        }

        // ss writes times with %g, which keeps six digits.
        return string.Join(
            '/', word.Split('/').Select(part => part.Split(':') is [var name, var figure] && IsTime(name, figure, out var value)
            ? $"{name}:{value.ToString("G5", CultureInfo.InvariantCulture)}"
            : part));
    }

    private static bool IsTime(string name, string figure, out double value)
    {
        value = 0;
        return name is "rtt" or "rcv_rtt" or "minrtt" or "rto" or "ato" && double.TryParse(figure, CultureInfo.InvariantCulture, out value);
    }
}
