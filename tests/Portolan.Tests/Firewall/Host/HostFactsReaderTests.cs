using System.Text;
using Portolan.Firewall.Host;
using Portolan.Linux.Netlink;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Host;

/// <summary>The reader of routing on messages made by hand and on noise. What real kernels say is tested in namespaces.</summary>
public sealed class HostFactsReaderTests : IDisposable
{
    private readonly string _proc = Directory.CreateTempSubdirectory("portolan-proc-").FullName;

    public HostFactsReaderTests()
    {
        Setting("ipv4/conf/all/rp_filter", "2");
        Setting("ipv4/conf/all/accept_local", "0");
        Setting("ipv4/conf/all/route_localnet", "0");
        Setting("ipv4/conf/all/src_valid_mark", "0");
        Setting("ipv4/conf/all/send_redirects", "0");
        Setting("ipv4/ip_forward", "1");
        Setting("ipv6/conf/all/forwarding", "0");
    }

    [Fact]
    public void Settings_of_all_interfaces_and_of_one_are_combined_as_the_kernel_does()
    {
        var facts = Read(new ScriptedDumps()
            .Add(18, Link(2, "eth0", reversePath: 1))
            .Add(18, Link(3, "eth1", reversePath: 0)));

        // The larger of the two holds (IN_DEV_RPFILTER).
        Assert.Equal([2, 2], facts.Interfaces.Select(i => i.ReversePathFilter));
        Assert.Equal(["eth0", "eth1"], facts.Interfaces.Select(i => i.Name));
        Assert.True(facts.ForwardsIPv4);
        Assert.False(facts.ForwardsIPv6);
        Assert.Empty(facts.Missing);
    }

    [Fact]
    public void A_setting_that_cannot_be_read_is_missing_and_not_off()
    {
        File.Delete(Path.Combine(_proc, "sys/net/ipv4/ip_forward"));

        Assert.Equal(["ipv4/ip_forward"], Read(new ScriptedDumps()).Missing.Select(m => m.What));
    }

    [Fact]
    public void A_refused_dump_is_missing()
    {
        var facts = Read(new ScriptedDumps { Refused = 34 });

        Assert.Equal(["policy routing rules"], facts.Missing.Select(m => m.What));
    }

    [Fact]
    public void Noise_in_any_message_never_throws() => Fuzz.Run(800, (random, _) =>
    {
        var dumps = new ScriptedDumps();
        foreach (var request in new ushort[] { 18, 22, 26, 34, 106 })
        {
            var payload = new byte[random.Next(120)];
            random.NextBytes(payload);
            if (payload.Length > 0 && random.Next(2) == 0)
            {
                payload[0] = (byte)(random.Next(2) == 0 ? 2 : 10);
            }

            dumps.Add(request, payload);
        }

        Read(dumps);
    });

    public void Dispose() => Directory.Delete(_proc, recursive: true);

    private HostFacts Read(ScriptedDumps dumps) => HostFactsReader.Read(dumps, _proc, CancellationToken.None);

    private void Setting(string name, string value)
    {
        var path = Path.Combine(_proc, "sys/net", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, value + "\n");
    }

    /// <summary>A link with its IPv4 settings, of which only rp_filter (the eighth) is set.</summary>
    private static byte[] Link(int index, string name, int reversePath)
    {
        var settings = new byte[4 * 33];
        settings[7 * 4] = (byte)reversePath;
        return
        [
            0, 0, 1, 0, .. BitConverter.GetBytes(index), 1, 0, 0, 0, 0, 0, 0, 0,
            .. NetlinkBytes.Attribute(3, [.. Encoding.UTF8.GetBytes(name), 0]),
            .. NetlinkBytes.Attribute(26, NetlinkBytes.Attribute(2, NetlinkBytes.Attribute(1, settings))),
        ];
    }

    /// <summary>Answers each kind of dump with messages made by hand.</summary>
    private sealed class ScriptedDumps : INetlinkChannel
    {
        private readonly Dictionary<ushort, List<byte[]>> _messages = [];
        private ushort _asked;
        private uint _sequence;

        public ushort Refused { get; init; }

        public ScriptedDumps Add(ushort request, byte[] payload)
        {
            _messages.TryAdd(request, []);
            _messages[request].Add(payload);
            return this;
        }

        public int Send(ReadOnlySpan<byte> request)
        {
            var header = System.Runtime.InteropServices.MemoryMarshal.Read<NetlinkHeader>(request);
            (_asked, _sequence) = (header.Type, header.Sequence);
            return 0;
        }

        public NetlinkReceipt Receive(Span<byte> buffer)
        {
            byte[] datagram = _asked == Refused
                ? NetlinkBytes.Error(1, _sequence)
                : [
                    .. _messages.GetValueOrDefault(_asked, []).SelectMany(
                        p => NetlinkBytes.Message((ushort)(_asked - 2), p, sequence: _sequence)),
                    .. NetlinkBytes.Done(sequence: _sequence),
                ];
            datagram.CopyTo(buffer);
            return new NetlinkReceipt(datagram.Length, 0, 0);
        }

        public void Dispose()
        {
        }
    }
}
