using FsCheck;
using FsCheck.Fluent;
using Portolan.Fleet.Jobs;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Tests.Fleet;

/// <summary>What lies in messages and tables as bytes comes back, and damaged bytes are an error.</summary>
public sealed class FleetCodecTests
{
    [Fact]
    public void Host_numbers_come_back() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(Gen.Choose(0, int.MaxValue).ArrayOf()), numbers =>
    {
        var hosts = numbers.Select(static n => n * 1000L).Distinct().Order().ToArray();
        Assert.Equal(hosts, HostListCodec.Read(HostListCodec.Write(hosts), long.MaxValue));
    }));

    [Fact]
    public void Neighbours_cost_a_byte_each() =>
        Assert.Equal(1000, HostListCodec.Write([.. Enumerable.Range(0, 1000).Select(static i => (long)i)]).Length);

    [Fact]
    public void Damaged_lists_of_hosts_are_refused()
    {
        Assert.Throws<FormatException>(() => HostListCodec.Read([0x80], 10));
        Assert.Throws<FormatException>(() => HostListCodec.Read([9, 0], 10));
        Assert.Throws<FormatException>(
            () => HostListCodec.Read([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], long.MaxValue));
        Assert.Equal([9L], HostListCodec.Read([9], 10));
        Assert.Throws<ArgumentException>(() => HostListCodec.Write([3, 3]));
    }

    [Fact]
    public void Any_bytes_are_a_list_or_an_error() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(Gen.Choose(0, 255).Select(static b => (byte)b).ArrayOf()), bytes =>
    {
        try
        {
            var hosts = HostListCodec.Read(bytes, 1 << 20);
            Assert.All(hosts, static h => Assert.InRange(h, 0, (1 << 20) - 1));
        }
        catch (FormatException)
        {
        }
    }));

    [Fact]
    public void Each_state_and_reason_fits_in_a_byte_of_its_own()
    {
        var codes = new HashSet<byte> { ProbeCode.NotProbed, ProbeCode.OutOfScope };
        foreach (var state in Enum.GetValues<PortState>().Where(static s => s != PortState.Unknown))
        {
            foreach (var reason in Enum.GetValues<ReplyReason>())
            {
                var code = ProbeCode.Of(state, reason);
                Assert.True(codes.Add(code));
                Assert.True(ProbeCode.IsValid(code));
                Assert.Equal((state, reason), (ProbeCode.StateOf(code), ProbeCode.ReasonOf(code)));
            }
        }

        Assert.Equal(PortState.Unknown, ProbeCode.StateOf(ProbeCode.OutOfScope));
        Assert.Equal(codes.Count, Enumerable.Range(0, 256).Count(static c => ProbeCode.IsValid((byte)c)));
    }

    [Fact]
    public void States_that_are_alike_cost_bits()
    {
        var codes = new byte[60_000];
        Array.Fill(codes, ProbeCode.Of(PortState.Closed, ReplyReason.Reset));
        for (var i = 0; i < codes.Length; i += 100)
        {
            codes[i] = ProbeCode.Of(PortState.Open, ReplyReason.SynAck);
        }

        var packed = ProbeCode.Pack(codes);
        Assert.Equal(codes, ProbeCode.Unpack(packed, codes.Length));
        Assert.InRange(packed.Length, 1, codes.Length / 8);
    }

    [Fact]
    public void Damaged_states_are_refused()
    {
        var packed = ProbeCode.Pack([ProbeCode.Of(PortState.Open, ReplyReason.SynAck), ProbeCode.NotProbed]);
        Assert.Throws<FormatException>(() => ProbeCode.Unpack(packed, 1));
        Assert.Throws<FormatException>(() => ProbeCode.Unpack(packed, 3));
        Assert.Throws<FormatException>(() => ProbeCode.Unpack([1, 2, 3], 2));
        Assert.Throws<FormatException>(() => ProbeCode.Unpack(ProbeCode.Pack([0xff]), 1));
    }
}
