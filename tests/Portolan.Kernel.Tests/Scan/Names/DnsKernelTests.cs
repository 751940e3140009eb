using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Names;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Scan.Names;

/// <summary>The DNS client against dnsmasq on loopback of a namespace without a way out.</summary>
public sealed class DnsKernelTests
{
    private const int ManyAddresses = 200;

    [Fact]
    public void A_AAAA_and_aliases_come_from_a_real_server() => WithServer(async resolver =>
    {
        var answer = await Ask(resolver, "alias.test.example");
        Assert.Equal(["192.0.2.1", "2001:db8::1"], answer.Addresses.Select(address => address.ToString()));
        Assert.Equal("www.test.example", answer.CanonicalName);
        Assert.Null(answer.Problem);
        Assert.All(answer.Steps.Cast<DnsStep>(), step => Assert.Equal((DnsOutcome.Answered, DnsCarrier.Udp), (step.Outcome, step.Carrier)));
    });

    [Fact]
    public void A_name_that_is_not_there_is_no_such_name() => WithServer(async resolver =>
    {
        var answer = await Ask(resolver, "nowhere.test.example");
        Assert.Equal("no such name (says 127.0.0.1)", answer.Problem);
    });

    [Fact]
    public void A_cut_answer_is_fetched_over_TCP() => WithServer(async resolver =>
    {
        var answer = await resolver.LookUpAsync("big.test.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
        Assert.Equal(ManyAddresses, answer.Addresses.Count);
        Assert.Equal(
            [(DnsCarrier.Udp, DnsOutcome.Truncated), (DnsCarrier.Tcp, DnsOutcome.Answered)],
            answer.Steps.Cast<DnsStep>().Select(step => (step.Carrier, step.Outcome)));
    });

    [Fact]
    public void A_server_that_refuses_and_one_that_is_silent_are_passed_over() => WithServer(
        async resolver =>
        {
            using var silent = Machine.Datagram("127.0.0.8:53");
            var answer = await resolver.LookUpAsync("www.test.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
            Assert.Equal(["192.0.2.1"], answer.Addresses.Select(address => address.ToString()));
            // On a busy machine the third server may be late once too; what counts is that the first two are asked, passed over, and an
            // answer comes.
            DnsOutcome[] outcomes = [.. answer.Steps.Cast<DnsStep>().Select(step => step.Outcome)];
            Assert.Equal([DnsOutcome.Unreachable, DnsOutcome.TimedOut], outcomes[..2]);
            Assert.Equal(DnsOutcome.Answered, outcomes[^1]);
        },
        "127.0.0.9", "127.0.0.8", "127.0.0.1");

    [Fact]
    public void A_lying_server_is_not_believed() => WithServer(
        async resolver =>
        {
            using var liar = Machine.Datagram("127.0.0.7:53");
            var lying = LieAsync(liar);
            var answer = await resolver.LookUpAsync("www.test.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
            await lying;
            Assert.Equal(["192.0.2.1"], answer.Addresses.Select(address => address.ToString()));
            var first = Assert.IsType<DnsStep>(answer.Steps[0]);
            Assert.Equal((DnsOutcome.TimedOut, 2), (first.Outcome, first.Rejected));
        },
        "127.0.0.7", "127.0.0.1");

    [Fact]
    public void Answers_from_another_address_never_arrive() => WithServer(
        async resolver =>
        {
            using var silent = Machine.Datagram("127.0.0.8:53");
            using var forger = Machine.Datagram("127.0.0.6:53");
            var forging = ForgeAsync(silent, forger);
            var answer = await resolver.LookUpAsync("www.test.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
            await forging;
            Assert.Equal((DnsOutcome.TimedOut, 0), (Assert.IsType<DnsStep>(answer.Steps[0]).Outcome, ((DnsStep)answer.Steps[0]).Rejected));
            Assert.Equal(["192.0.2.1"], answer.Addresses.Select(address => address.ToString()));
        },
        "127.0.0.8", "127.0.0.1");

    [Fact]
    public void Names_of_a_thousand_addresses_are_found() => WithServer(_ =>
    {
        // A busy machine loses what waits in the server's buffer, and twice at times.
        var settings = new ResolverSettings { Servers = DnsServer.ParseList("127.0.0.1"), Attempts = 5 };
        var names = new ReverseNames(HostsFile.Empty, settings, servers => new SocketDnsDatagrams(servers), TimeProvider.System, NextId);
        InternetAddress[] addresses = [.. Enumerable.Range(0, 1000).Select(
            i => InternetAddress.FromIPv4(0xc0000200 + (uint)(i % 256) + (i >= 256 ? 0x10000u * (uint)(i / 256) : 0)))];
        var found = new Dictionary<int, string>();
        names.Find(addresses, (i, name) => found.Add(i, name), _ => true);
        Assert.Null(names.Problem);
        Assert.Equal("www.test.example", found[1]);
        Assert.Equal("big.test.example", found[ManyAddresses]);
        Assert.All(found.Keys, i => Assert.InRange(i, 0, 255));
        return Task.CompletedTask;
    });

    [Fact]
    public void Where_nobody_listens_reverse_names_end_at_once() => Netns.Run(() =>
    {
        var settings = new ResolverSettings { Servers = DnsServer.ParseList("127.0.0.9") };
        var names = new ReverseNames(HostsFile.Empty, settings, servers => new SocketDnsDatagrams(servers), TimeProvider.System, NextId);
        names.Find([.. Enumerable.Range(0, 200).Select(i => InternetAddress.FromIPv4(0xc0000200 + (uint)i))], (_, _) => { }, _ => true);
        Assert.Contains("no DNS server answers (127.0.0.9)", names.Problem, StringComparison.Ordinal);
    });

    private static ushort NextId() => (ushort)RandomNumberGenerator.GetInt32(65536);

    private static Task<NameAnswer> Ask(NameResolver resolver, string name) =>
        resolver.LookUpAsync(name, AddressFamilies.Both, TestContext.Current.CancellationToken);

    private static void WithServer(Func<NameResolver, Task> body, params string[] servers) => Netns.Run(() =>
    {
        var folder = Directory.CreateTempSubdirectory();
        var hosts = Path.Combine(folder.FullName, "hosts");
        File.WriteAllLines(hosts, Enumerable.Range(1, ManyAddresses).Select(i => $"192.0.2.{i} big.test.example"));
        using var dnsmasq = Tool.Start(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--pid-file=",
            "--bind-interfaces",
            "--listen-address=127.0.0.1", "--local=/example/", "--local=/arpa/", "--host-record=www.test.example,192.0.2.1,2001:db8::1",
            "--cname=alias.test.example,www.test.example", $"--addn-hosts={hosts}");
        try
        {
            WaitForServer();
            var settings = new ResolverSettings
            {
                Servers = DnsServer.ParseList(servers.Length > 0 ? string.Join(',', servers) : "127.0.0.1"),
                Timeout = TimeSpan.FromSeconds(1),
            };
            var client = new DnsClient(settings, new SocketDnsTransport(TimeProvider.System), TimeProvider.System, NextId);
            AsyncPump.Run(() => body(new NameResolver(HostsFile.Empty, client, NameSources.Default, system: null, TimeProvider.System)));
        }
        finally
        {
            dnsmasq.Kill();
            dnsmasq.End();
            folder.Delete(recursive: true);
        }
    });

    // The server's TCP port opens with its UDP port.
    private static void WaitForServer()
    {
        for (var attempt = 0; attempt < 2400; attempt++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(IPAddress.Loopback, 53);
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(25);
            }
        }

        Assert.Fail("dnsmasq did not start");
    }

    // The right question with a wrong number, and the right number with another question.
    private static async Task LieAsync(Socket liar)
    {
        var query = new byte[512];
        var asked = await liar.ReceiveFromAsync(query, new IPEndPoint(IPAddress.Any, 0));
        foreach (var (number, name) in ((int, string)[])[(1, "www.test.example"), (0, "other.example")])
        {
            var answer = Answer((ushort)(((query[0] << 8) | query[1]) ^ number), name);
            await liar.SendToAsync(answer, asked.RemoteEndPoint);
        }
    }

    // Everything right but the sender.
    private static async Task ForgeAsync(Socket server, Socket forger)
    {
        var query = new byte[512];
        var asked = await server.ReceiveFromAsync(query, new IPEndPoint(IPAddress.Any, 0));
        await forger.SendToAsync(Answer((ushort)((query[0] << 8) | query[1]), "www.test.example"), asked.RemoteEndPoint);
    }

    private static byte[] Answer(ushort id, string name)
    {
        var buffer = new byte[512];
        var writer = new DnsWriter(buffer, id, DnsFlags.Response | DnsFlags.RecursionAvailable);
        writer.TryAddQuestion(name, DnsType.A);
        writer.TryAddAddress(DnsSection.Answer, name, 60, InternetAddress.FromIPv4(0xc6336442));
        return buffer[..writer.Length];
    }
}
