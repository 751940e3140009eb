using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Scan.Probes.Payloads;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Payloads;

/// <summary>Real servers, each alone in a network namespace, answer our first messages, and we know them by their answers.</summary>
public sealed class UdpPayloadsKernelTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portolan-payloads-");

    [Fact]
    public void Dnsmasq_answers_DNS() => Serve(
        "dnsmasq", 53, "domain", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
        $"--pid-file={_folder}/pid");

    [Fact]
    public void Chronyd_answers_NTP()
    {
        var configuration = Path.Combine(_folder.FullName, "chrony.conf");
        File.WriteAllText(configuration, $"local stratum 10\nallow\ncmdport 0\nbindcmdaddress /\npidfile {_folder}/pid\n");
        Serve("chronyd", 123, "ntp", "-d", "-x", "-U", "-u", "root", "-f", configuration);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Snmpd_answers_every_version_of_SNMP(int attempt)
    {
        var configuration = Path.Combine(_folder.FullName, "snmpd.conf");
        File.WriteAllText(configuration, $"[snmp] persistentDir {_folder}\nagentAddress udp:161\nrocommunity public\n");
        Serve("snmpd", 161, "snmp", attempt, "-f", "-Le", "-C", "-c", configuration, "-p", $"{_folder}/pid");
    }

    [Fact]
    public void Openssl_answers_DTLS()
    {
        var key = Path.Combine(_folder.FullName, "key.pem");
        var certificate = Path.Combine(_folder.FullName, "certificate.pem");
        Tool.Lines(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=lab", "-keyout",
            key, "-out", certificate);
        Serve("openssl", 5684, "dtls", "s_server", "-dtls1_2", "-accept", "127.0.0.1:5684", "-key", key, "-cert", certificate, "-quiet");
    }

    [Fact]
    public void An_echo_server_is_only_taken_for_echo() => Netns.Run(static () =>
    {
        var payloads = new UdpPayloads(7);
        for (var port = 1; port < PortNumber.Count; port++)
        {
            var number = new PortNumber((ushort)port);
            var message = payloads.For(number);
            if (message.IsEmpty)
            {
                continue;
            }

            using var server = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
            using var client = new UdpClient();
            client.Connect(IPAddress.Loopback, port);
            client.Send(message.Span);
            var sender = new IPEndPoint(IPAddress.Any, 0);
            server.Send(server.Receive(ref sender), sender);
            Assert.Equal(port == 7, payloads.TryIdentify(number, client.Receive(ref sender), out _));
        }
    });

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Serve(string program, int port, string service, params string[] arguments) =>
        Serve(program, port, service, 0, arguments);

    private static void Serve(string program, int port, string service, int attempt, params string[] arguments)
    {
        Tool.Find(program);
        Netns.Run(() =>
        {
            using var server = Tool.Start(program, arguments);
            try
            {
                var output = server.StandardOutput.ReadToEndAsync();
                var errors = server.StandardError.ReadToEndAsync();
                var payloads = new UdpPayloads(4711);
                var number = new PortNumber((ushort)port);
                var reply = Ask(payloads.For(number, attempt), port, () => server.HasExited);
                Assert.True(
                    reply is not null,
                    $"{program} did not answer: "
                        + $"{(server.HasExited ? output.Await("its stdout ends") + errors.Await("its stderr ends") : "it still runs")}");
                Assert.True(payloads.TryIdentify(number, reply, out var found), Convert.ToHexString(reply));
                Assert.Equal(service, found);
                Assert.False(new UdpPayloads(4712).TryIdentify(number, reply, out _) && service != "dtls", "an answer to another scan");
            }
            finally
            {
                server.Kill(entireProcessTree: true);
                server.End();
            }
        });
    }

    /// <summary>Sends until an answer comes, for the server needs a while to start.</summary>
    private static byte[]? Ask(ReadOnlyMemory<byte> message, int port, Func<bool> isOver)
    {
        using var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        client.Connect(IPAddress.Loopback, port);
        client.Client.ReceiveTimeout = 100;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Patience && !isOver())
        {
            try
            {
                client.Send(message.Span);
                IPEndPoint? sender = null;
                return client.Receive(ref sender);
            }
            catch (SocketException exception)
                when (exception.SocketErrorCode is SocketError.TimedOut or SocketError.ConnectionRefused or SocketError.WouldBlock)
            {
                // Not yet listening. A refusal comes back at once.
                Thread.Sleep(20);
            }
        }

        return null;
    }
}
