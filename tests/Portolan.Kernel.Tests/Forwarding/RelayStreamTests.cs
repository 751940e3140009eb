using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Forwarding;

/// <summary>What the relay does with streams: every byte, each end, in a network namespace of the test's own.</summary>
public sealed class RelayStreamTests
{
    [Theory]
    [InlineData(1, 16, 1)]
    [InlineData(2, 70_000, 24)]
    [InlineData(3, 3_000_000, 8)]
    public void Every_byte_arrives_both_ways_at_once_however_it_is_cut(int seed, int size, int connections) => Netns.Run(() =>
    {
        using var target = new TargetServer(socket => Exchange(socket, Bytes(seed + 1, size), Bytes(seed, size), seed));
        using var relay = new Relay("127.0.0.1:0", target.Name);
        var failures = RunAll(connections, i =>
        {
            using var client = relay.Connect();
            Exchange(client, Bytes(seed, size), Bytes(seed + 1, size), seed + i);
        });
        Assert.Empty(failures);
        Relay.Wait(() => relay.Ended.Count == connections);
        Assert.All(
            relay.Ended,
            report => Assert.Equal((EndCause.Completed, (long)size, (long)size), (report.Cause, report.BytesUp, report.BytesDown)));
        Assert.Equal((connections * (long)size, connections * (long)size), (relay.Totals.BytesUp, relay.Totals.BytesDown));
        Assert.Equal(0, relay.Totals.Active);
    });

    [Fact]
    public void Bytes_arrive_between_families_and_unix_sockets() => Netns.Run(() =>
    {
        var folder = Directory.CreateTempSubdirectory("portolan-relay-").FullName;
        try
        {
            using var v6 = new TargetServer(TargetServer.Echo, new IPEndPoint(IPAddress.IPv6Loopback, 0));
            using var unix = new TargetServer(TargetServer.Echo, new UnixDomainSocketEndPoint($"{folder}/target"));
            foreach (var (listen, target, address) in new (string, string, EndPoint?)[]
            {
                ("127.0.0.1:0", $"[::1]:{v6.Port}", null),
                ("127.0.0.1:0", $"unix:{folder}/target", null),
                ($"unix:{folder}/listen", $"[::1]:{v6.Port}", new UnixDomainSocketEndPoint($"{folder}/listen")),
                ($"unix:{folder}/both", $"unix:{folder}/target", new UnixDomainSocketEndPoint($"{folder}/both")),
            })
            {
                using var relay = new Relay(listen, target);
                using var client = Relay.Connect(address ?? relay.Address);
                var data = Bytes(7, 400_000);
                Exchange(client, data, data, 7);
                Assert.Equal(EndCause.Completed, relay.Next().Cause);
                relay.Stop(TimeSpan.Zero);
            }

            Assert.Equal(["target"], Directory.GetFiles(folder).Select(Path.GetFileName));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    [Fact]
    public void A_wildcard_takes_both_families() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("0", target.Name);
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using var client = Relay.Connect(new IPEndPoint(address, relay.Port));
            Exchange(client, Bytes(1, 100), Bytes(1, 100), 1);
            Assert.Equal(address, relay.Next().Client!.Value.ToIPAddress());
        }
    });

    [Fact]
    public void A_file_of_a_socket_that_a_killed_program_left_is_replaced_and_a_living_one_is_not() => Netns.Run(() =>
    {
        var path = Path.Combine(Path.GetTempPath(), $"portolan-relay-{Guid.NewGuid():N}");
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(path));
        }

        // .NET removes the file; a killed program does not.
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(path));
            File.Move(path, path + "-kept");
        }

        File.Move(path + "-kept", path);
        using var first = new Relay($"unix:{path}", "127.0.0.1:1");
        var failure = Assert.Throws<ListenException>(() => new Relay($"unix:{path}", "127.0.0.1:1"));
        Assert.Equal(98, failure.Errno);
    });

    [Fact]
    public void A_file_that_is_no_socket_is_never_touched() => InFolder(folder =>
    {
        var path = Path.Combine(folder, "precious.txt");
        File.WriteAllText(path, "precious");
        Assert.Equal(98, Assert.Throws<ListenException>(() => new Relay($"unix:{path}", "127.0.0.1:1")).Errno);
        Assert.Equal("precious", File.ReadAllText(path));
        var link = Path.Combine(folder, "link");
        File.CreateSymbolicLink(link, path);
        Assert.Equal(98, Assert.Throws<ListenException>(() => new Relay($"unix:{link}", "127.0.0.1:1")).Errno);
        Assert.Equal(
            (PathObstacle.OtherFile, PathObstacle.OtherFile, PathObstacle.None),
            (SocketPaths.Look(path), SocketPaths.Look(link), SocketPaths.Look(path + "-not")));
    });

    [Fact]
    public void At_the_end_only_its_own_socket_is_removed() => InFolder(folder =>
    {
        var path = Path.Combine(folder, "a.sock");
        using (var relay = new Relay($"unix:{path}", "127.0.0.1:1"))
        {
            Assert.Equal(PathObstacle.Listening, SocketPaths.Look(path));
        }

        Assert.False(File.Exists(path));
        using (var relay = new Relay($"unix:{path}", "127.0.0.1:1"))
        {
            File.Delete(path);
            File.WriteAllText(path, "of another program");
        }

        Assert.Equal("of another program", File.ReadAllText(path));
    });

    [Fact]
    public void Abstract_sockets_are_listened_on_and_led_to() => Netns.Run(() =>
    {
        var name = $"portolan-test-{Environment.ProcessId}";
        using var target = new TargetServer(TargetServer.Echo, new UnixDomainSocketEndPoint($"\0{name}-target"));
        using var relay = new Relay($"unix:@{name}", $"unix:@{name}-target");
        using var client = Relay.Connect(new UnixDomainSocketEndPoint($"\0{name}"));
        client.Send([1, 2]);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal([1, 2], ReadToEnd(client));
        Assert.Equal(98, Assert.Throws<ListenException>(() => new Relay($"unix:@{name}", "127.0.0.1:1")).Errno);
        Assert.False(File.Exists($"@{name}"));
    });

    [Fact]
    public void Link_local_addresses_are_those_of_their_interface() => Netns.Run(() =>
    {
        Execute("ip", "link", "add", "forward0", "type", "veth", "peer", "name", "forward1");
        Execute("ip", "link", "set", "forward0", "addrgenmode", "none", "up");
        Execute("ip", "address", "add", "fe80::1/64", "dev", "forward0", "nodad");
        using var target = new TargetServer(TargetServer.Echo, new IPEndPoint(IPAddress.Parse("fe80::1%forward0"), 0));
        using var relay = new Relay("[fe80::1%forward0]:0", $"[fe80::1%forward0]:{target.Port}");
        Assert.Equal($"[fe80::1%forward0]:{relay.Port}/tcp", relay.Engine.Forwards[0].Name);
        using var client = Relay.Connect(new IPEndPoint(IPAddress.Parse("fe80::1%forward0"), relay.Port));
        client.Send([1]);
        Assert.Equal(1, client.Receive(new byte[1]));
        Assert.Equal(19, Assert.Throws<ListenException>(() => new Relay("[fe80::1%none0]:0", "127.0.0.1:1")).Errno);
    });

    private static void InFolder(Action<string> test) => Netns.Run(() =>
    {
        var folder = Directory.CreateTempSubdirectory("portolan-forward-");
        try
        {
            test(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    });

    private static void Execute(string tool, params string[] words)
    {
        using var process = System.Diagnostics.Process.Start(Tool.Find(tool), words);
        process.End();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void The_end_of_one_direction_leaves_the_other_open() => Netns.Run(() =>
    {
        using var target = new TargetServer(socket =>
        {
            var asked = ReadToEnd(socket);
            Thread.Sleep(50);
            socket.Send(asked.Reverse().ToArray());
            socket.Shutdown(SocketShutdown.Send);
        });
        using var relay = new Relay("127.0.0.1:0", target.Name);
        using var client = relay.Connect();
        client.Send([1, 2, 3]);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal([3, 2, 1], ReadToEnd(client));
        Assert.Equal(EndCause.Completed, relay.Next().Cause);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reset_is_passed_on_as_a_reset(bool byClient) => Netns.Run(() =>
    {
        var error = new TaskCompletionSource<SocketError>();
        using var isAnswered = new ManualResetEventSlim();
        using var target = new TargetServer(socket =>
        {
            socket.Receive(new byte[1]);
            socket.Send([1]);
            if (byClient)
            {
                error.TrySetResult(ErrorOf(socket));
            }
            else
            {
                // A reset may overtake the answer.
                isAnswered.Await("the client has its answer");
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
            }
        });
        using var relay = new Relay("127.0.0.1:0", target.Name);
        using var client = relay.Connect();
        client.Send([1]);
        client.Receive(new byte[1]);
        isAnswered.Set();
        if (byClient)
        {
            client.LingerState = new LingerOption(true, 0);
            client.Close();
        }
        else
        {
            error.SetResult(ErrorOf(client));
        }

        Assert.Equal(SocketError.ConnectionReset, error.Task.Await("the other end is reset"));
        Assert.Equal(byClient ? EndCause.ClientReset : EndCause.TargetReset, relay.Next().Cause);
    });

    [Fact]
    public void Who_reads_slowly_slows_the_sender_and_loses_nothing() => Netns.Run(() =>
    {
        const int Size = 48 * 1024 * 1024;
        var data = Bytes(5, Size);
        using var go = new ManualResetEventSlim();
        byte[]? seen = null;
        using var target = new TargetServer(socket =>
        {
            go.Await("the test lets the target read");
            seen = SHA256.HashData(ReadToEnd(socket));
            socket.Shutdown(SocketShutdown.Send);
        });
        using var relay = new Relay("127.0.0.1:0", target.Name);
        using var client = relay.Connect();
        var sent = 0;
        var sender = new TestThread("the sender", () =>
        {
            while (Volatile.Read(ref sent) < Size)
            {
                Interlocked.Add(ref sent, client.Send(data.AsSpan(sent, Math.Min(100_000, Size - sent))));
            }

            client.Shutdown(SocketShutdown.Send);
        });
        // It comes to a stop by itself: what lies in the kernel's buffers and one pipe is far less than all.
        var before = -1;
        Relay.Wait(() =>
        {
            Thread.Sleep(300);
            var now = Volatile.Read(ref sent);
            var isStill = now == before;
            before = now;
            return isStill;
        });
        Assert.InRange(before, 1, Size - 1);
        go.Set();
        sender.Join();
        Assert.Empty(ReadToEnd(client));
        Assert.Equal(SHA256.HashData(data), seen);
        var report = relay.Next();
        Assert.Equal((EndCause.Completed, (long)Size), (report.Cause, report.BytesUp));
    });

    [Fact]
    public void An_urgent_byte_stays_in_its_place() => Netns.Run(() =>
    {
        byte[]? seen = null;
        using var target = new TargetServer(socket =>
        {
            seen = ReadToEnd(socket);
            socket.Shutdown(SocketShutdown.Send);
        });
        using var relay = new Relay("127.0.0.1:0", target.Name);
        using var client = relay.Connect();
        client.NoDelay = true;
        client.Send([1, 2]);
        Relay.Wait(() => relay.Totals.BytesUp == 2);
        client.Send([3], SocketFlags.OutOfBand);
        client.Send([4, 5]);
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(ReadToEnd(client));
        Assert.Equal([1, 2, 3, 4, 5], seen);
    });

    /// <summary>splice(2) stops before an urgent byte, and stays there.</summary>
    [Fact]
    public void An_urgent_byte_stays_in_its_place_also_amid_bulk() => Netns.Run(() =>
    {
        const int Part = 4 * 1024 * 1024;
        var data = Bytes(3, 3 * Part);
        byte[]? seen = null;
        using var target = new TargetServer(socket =>
        {
            seen = ReadToEnd(socket);
            socket.Shutdown(SocketShutdown.Send);
        });
        using var relay = new Relay("127.0.0.1:0", target.Name);
        using var client = relay.Connect();
        client.Send(data.AsSpan(0, Part));
        client.Send(data.AsSpan(Part, 1), SocketFlags.OutOfBand);
        client.Send(data.AsSpan(Part + 1, Part));
        Relay.Wait(() => relay.Totals.BytesUp == (2 * Part) + 1);
        client.Send(data.AsSpan((2 * Part) + 1, 1), SocketFlags.OutOfBand);
        client.Send(data.AsSpan((2 * Part) + 2));
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(ReadToEnd(client));
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(seen!));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_end_that_vanished_without_a_word_is_noticed_and_the_other_is_reset(bool isClient) => Netns.Run(() =>
    {
        const string Address = "198.18.5.1";
        Tool.Lines("ip", "address", "add", Address, "dev", "lo");
        using var target = new TargetServer(TargetServer.Echo, new IPEndPoint(IPAddress.Parse(isClient ? "127.0.0.1" : Address), 0));
        using var relay = new Relay(
            ForwardWords.ReadPair("0", $"{(isClient ? "127.0.0.1" : Address)}:{target.Port}", new ForwardOptions()), start: false);
        relay.Engine.KeepAlive = new KeepAlive(50, 1, 1, 2);
        relay.Engine.Start();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
        client.Bind(new IPEndPoint(IPAddress.Parse(isClient ? Address : "127.0.0.1"), 0));
        client.Connect(relay.Address);
        client.Send([1]);
        Assert.Equal(1, client.Receive(new byte[1]));
        // Without its address the kernel takes nothing for that end any more, and nothing answers in its place.
        Tool.Lines("ip", "address", "del", Address + "/32", "dev", "lo");
        Assert.Equal(isClient ? EndCause.ClientVanished : EndCause.TargetVanished, relay.Next().Cause);
        if (!isClient)
        {
            Assert.Equal(SocketError.ConnectionReset, ErrorOf(client));
        }
    });

    [Fact]
    public void An_idle_connection_is_closed_and_a_busy_one_is_not() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        using var relay = new Relay("127.0.0.1:0", target.Name, new ForwardOptions { Idle = TimeSpan.FromSeconds(4) });
        using var idle = relay.Connect();
        using var busy = relay.Connect();
        while (!idle.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead))
        {
            busy.Send([1]);
            Assert.Equal(1, busy.Receive(new byte[1]));
        }

        Assert.Equal(0, idle.Receive(new byte[1]));
        Assert.Equal(EndCause.Idle, relay.Next().Cause);
        busy.Send([1]);
        Assert.Equal(1, busy.Receive(new byte[1]));
        Assert.Equal(1, relay.Totals.Active);
    });

    [Fact]
    public void Connections_may_go_on_when_it_ends_and_what_stays_open_is_reset() => Netns.Run(() =>
    {
        using var target = new TargetServer(TargetServer.Echo);
        var relay = new Relay("127.0.0.1:0", target.Name);
        using var ending = relay.Connect();
        using var staying = relay.Connect();
        foreach (var client in new[] { ending, staying })
        {
            client.Send([1]);
            client.Receive(new byte[1]);
        }

        var port = relay.Port;
        var stop = new TestThread("the end of the relay", () => relay.Stop(TimeSpan.FromSeconds(5)));
        Relay.Wait(() =>
        {
            using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                late.Connect(IPAddress.Loopback, port);
                return false;
            }
            catch (SocketException)
            {
                return true;
            }
        });
        ending.Send([2]);
        Assert.Equal(1, ending.Receive(new byte[1]));
        ending.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, ending.Receive(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, ErrorOf(staying));
        stop.Join();
        Assert.Contains(relay.Ended, report => report.Cause == EndCause.Completed);
        Assert.Contains(relay.Ended, report => report.Cause == EndCause.Stopped);
    });

    internal static byte[] Bytes(int seed, int size)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static byte[] ReadToEnd(Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (socket.Receive(buffer) is var count and > 0)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    /// <summary>Sends and reads at once, in pieces of random sizes, to both ends, and compares.</summary>
    internal static void Exchange(Socket socket, byte[] send, byte[] expect, int seed)
    {
        var sender = new TestThread("the sender", () =>
        {
            var random = new Random(seed);
            for (var at = 0; at < send.Length;)
            {
                var count = Math.Min(send.Length - at, random.Next(4) switch
                {
                    0 => 1,
                    1 => random.Next(1, 1000),
                    2 => random.Next(1, 20_000),
                    _ => random.Next(1, 200_000),
                });
                at += socket.Send(send.AsSpan(at, count));
            }

            socket.Shutdown(SocketShutdown.Send);
        });
        var seen = ReadToEnd(socket);
        sender.Join();
        if (!seen.AsSpan().SequenceEqual(expect))
        {
            throw new InvalidOperationException($"{seen.Length} bytes came, {expect.Length} were sent, and they differ");
        }
    }

    internal static List<string> RunAll(int count, Action<int> body)
    {
        var failures = new List<string>();
        var threads = Enumerable.Range(0, count).Select(i => new TestThread("a connection", () =>
        {
            try
            {
                body(i);
            }
            catch (Exception exception) when (exception is SocketException or InvalidOperationException)
            {
                lock (failures)
                {
                    failures.Add(exception.ToString());
                }
            }
        })).ToList();
        threads.ForEach(t => t.Join());
        return failures;
    }

    private static SocketError ErrorOf(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]) == 0 ? SocketError.Success : SocketError.IsConnected;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }
}
