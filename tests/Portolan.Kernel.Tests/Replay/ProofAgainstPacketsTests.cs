using System.Net;
using System.Net.Sockets;
using Portolan.Firewall.Acquire;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Replay.Proving;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Replay;

/// <summary>What is proved in the scratch namespace is what happens to real connections in the namespace that was rebuilt.</summary>
public sealed class ProofAgainstPacketsTests
{
    private const string Rules = """
        table inet f {
          set friends { type ipv4_addr; flags interval; elements = { 198.18.0.0/28 }
          }
          map doors { type inet_service : verdict; elements = { 1001 : accept, 1002 : drop, 1003 : jump later }
          }
          chain later { meta nfproto ipv4 accept
            reject with tcp reset
          }
          chain i { type filter hook input priority 0; policy drop;
            ct state vmap { established : accept, related : accept, invalid : drop }
            icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
            tcp dport vmap @doors
            ip saddr @friends tcp dport 1004 accept
            tcp dport 1005 reject with tcp reset
            iifname "eth0" tcp dport 1006-1007 counter accept
          }
          chain late { type filter hook input priority 10;
            tcp dport 1007 drop
          }
          chain p { type nat hook prerouting priority -100;
            tcp dport 1008 redirect to :1001
          }
        }
        table ip raw { chain p { type filter hook prerouting priority -300;
            tcp dport 1006 tcp flags & (syn | ack) == syn drop
          }
        }
        """;

    [Fact]
    public void Connections_to_every_port_over_both_families()
    {
        using var pair = LabPair.Create();
        pair.Target.Nft(Rules);
        pair.Target.ListenTcp([.. Enumerable.Range(1000, 8)]);
        var facts = RulesFileLoaderTests.Facts(pair.Target);
        var rules = pair.Target.Run(static () => KernelRules.Read(CancellationToken.None).Require());
        var prover = new KernelProver(ReplayProgram.Built);
        var seen = new List<string>();
        Parallel.For(0, 18, new ParallelOptions { MaxDegreeOfParallelism = 4 }, number =>
        {
            var port = (ushort)(1000 + (number / 2));
            var isIPv4 = number % 2 == 0;
            var source = Address(isIPv4 ? "198.18.0.1" : "2001:db8::1");
            var destination = Address(isIPv4 ? "198.18.0.2" : "2001:db8::2");
            var proof = prover.Prove(
                rules,
                facts,
                new ProofPacket
                {
                    Direction = FlowDirection.Inbound,
                    Protocol = 6,
                    Source = source,
                    Destination = destination,
                    DestinationPort = port,
                    InterfaceIndex = facts.Interfaces.Single(static link => link.Name == "eth0").Index,
                },
                [.. Enumerable.Range(1000, 8).Select(
                    listening => new ProofListener(true, isIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6, (ushort)listening))],
                TestContext.Current.CancellationToken);
            var proved = proof.IsDone ? $"{proof.Fate} {proof.Reply}" : string.Join("; ", proof.Obstacles);
            var expected = pair.Scanner.Run(() => Connect(source, destination, port)) switch
            {
                null => "Delivered Accepted",
                SocketError.ConnectionRefused => "Rejected Reset",
                _ => "Dropped None",
            };
            lock (seen)
            {
                seen.Add(proved);
            }

            Assert.True(expected == proved, $"{destination} port {port}: connecting says {expected}, the proof {proved}");
        });
        Assert.Equal(["Delivered Accepted", "Dropped None", "Rejected Reset"], seen.Distinct().Order(StringComparer.Ordinal));
    }

    private static SocketError? Connect(InternetAddress source, InternetAddress destination, ushort port)
    {
        using var socket =
            new Socket(source.IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(source.ToIPAddress(), 0));
        try
        {
            return socket.ConnectAsync(new IPEndPoint(destination.ToIPAddress(), port)).Wait(2500) ? null : SocketError.TimedOut;
        }
        catch (AggregateException exception) when (exception.InnerException is SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    }

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
