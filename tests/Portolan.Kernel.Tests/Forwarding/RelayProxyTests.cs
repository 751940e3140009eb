using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>PROXY headers of connections that come in and go out.</summary>
public sealed class RelayProxyTests
{
    [Fact]
    public void The_target_is_told_who_the_client_is_before_everything_else() => Netns.Run(() =>
    {
        byte[]? seen = null;
        using var target = new TargetServer(socket =>
        {
            seen = RelayStreamTests.ReadToEnd(socket);
            socket.Shutdown(SocketShutdown.Send);
        });
        using var relay = new Relay("127.0.0.1:0", target.Name, new ForwardOptions { ProxyOut = 1 });
        using var client = relay.Connect();
        client.Send("hello"u8);
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(RelayStreamTests.ReadToEnd(client));
        Assert.Equal(
            $"PROXY TCP4 127.0.0.1 127.0.0.1 {((IPEndPoint)client.LocalEndPoint!).Port} {relay.Port}\r\nhello",
            Encoding.ASCII.GetString(seen!));
        Assert.Equal(5, relay.Next().BytesUp);
    });

    [Fact]
    public void A_target_that_speaks_first_gets_the_header_at_once() => Netns.Run(() =>
    {
        using var target = new TargetServer(socket =>
        {
            var buffer = new byte[28];
            for (var count = 0; count < buffer.Length;)
            {
                count += socket.Receive(buffer.AsSpan(count)) is var more and > 0
                    ? more
                    : throw new InvalidOperationException($"it ended after {count} bytes");
            }

            socket.Send("220 ready"u8);
        });
        using var relay = new Relay("127.0.0.1:0", target.Name, new ForwardOptions { ProxyOut = 2 });
        using var client = relay.Connect();
        var greeting = new byte[9];
        Assert.Equal(9, client.Receive(greeting));
    });

    [Fact]
    public void Through_two_relays_the_first_client_is_known_however_the_header_is_cut() => Netns.Run(() =>
    {
        using var target = new TargetServer(socket =>
        {
            var all = RelayStreamTests.ReadToEnd(socket);
            socket.Send(all);
            socket.Shutdown(SocketShutdown.Send);
        });
        using var inner = new Relay("127.0.0.1:0", target.Name, new ForwardOptions { ProxyIn = true, ProxyOut = 1 });
        using var client = inner.Connect();
        client.NoDelay = true;
        foreach (var piece in Encoding.ASCII.GetBytes("PROXY TCP6 2001:db8::7 2001:db8::8 1234 443\r\nx"))
        {
            client.Send([piece]);
            Thread.Sleep(1);
        }

        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("PROXY TCP6 2001:db8::7 2001:db8::8 1234 443\r\nx", Encoding.ASCII.GetString(RelayStreamTests.ReadToEnd(client)));
        var report = inner.Next();
        Assert.Equal(("2001:db8::7", 1234, 1L), (report.Client.ToString(), (int)report.ClientPort, report.BytesUp));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void HAProxy_reads_what_is_sent_and_what_it_sends_is_read(int version) => Netns.Run(() =>
    {
        using var target = new TargetServer(socket =>
        {
            socket.Send(RelayStreamTests.ReadToEnd(socket));
            socket.Shutdown(SocketShutdown.Send);
        });
        // To HAProxy by our header, on by its own, through us again, and to the target by version 1.
        using var inner = new Relay("127.0.0.1:0", target.Name, new ForwardOptions { ProxyIn = true, ProxyOut = 1 });
        var folder = Directory.CreateTempSubdirectory("portolan-haproxy-").FullName;
        File.WriteAllText($"{folder}/haproxy.cfg", $"""
            global
              maxconn 100
            defaults
              mode tcp
              timeout connect 10s
              timeout client 1m
              timeout server 1m
            listen one
              bind [::1]:9700 accept-proxy
              server inner 127.0.0.1:{inner.Port} {(version == 1 ? "send-proxy" : "send-proxy-v2")}

            """);
        using var haproxy = Tool.Start("haproxy", "-db", "-q", "-f", $"{folder}/haproxy.cfg");
        try
        {
            using var outer = new Relay("127.0.0.1:0", "[::1]:9700", new ForwardOptions { ProxyOut = version });
            Relay.Wait(() =>
            {
                using var client = outer.Connect();
                try
                {
                    client.Send("hello"u8);
                    client.Shutdown(SocketShutdown.Send);
                    var seen = Encoding.ASCII.GetString(RelayStreamTests.ReadToEnd(client));
                    return seen == $"PROXY TCP4 127.0.0.1 127.0.0.1 {((IPEndPoint)client.LocalEndPoint!).Port} {outer.Port}\r\nhello"
                        || (seen.Length > 0 ? throw new InvalidOperationException(seen) : false);
                }
                catch (SocketException)
                {
                    // It does not listen yet.
                    return false;
                }
            });
        }
        finally
        {
            haproxy.Kill();
            haproxy.End();
            Directory.Delete(folder, recursive: true);
        }
    });

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PROXY TCP4 1 2 3 4\r\n")]
    [InlineData("")]
    public void Who_sends_no_header_is_reset_and_never_reaches_the_target(string text) => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("127.0.0.1:0", target.Name, new ForwardOptions
        {
            ProxyIn = true,
            ConnectTimeout = TimeSpan.FromMilliseconds(300),
        });
        using var client = relay.Connect();
        client.Send(Encoding.ASCII.GetBytes(text));
        Assert.Throws<SocketException>(() => client.Receive(new byte[1]));
        Assert.Equal(EndCause.BadProxyHeader, relay.Next().Cause);
        Assert.Equal(0, target.Accepted);
    });
}
