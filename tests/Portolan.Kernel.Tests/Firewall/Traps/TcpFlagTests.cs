using Portolan.Kernel.Tests.Firewall.Referee;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Tests of TCP flags: of bits, or of the whole byte.</summary>
public sealed class TcpFlagTests(RefereeFixture fixture) : TrapTests(fixture)
{
    private static RefereePacket Flags(TcpFlags flags) => Tcp(80, flags: flags);

    private static string Drop(string test) => $"table inet a {{ chain in {{ type filter hook input priority 0; {test} drop; }}\n}}";

    [Fact]
    public void A_named_flag_is_a_test_of_its_bit() => Agree(
        Drop("tcp flags syn"),
        (Flags(TcpFlags.Syn), Dropped), (Flags(TcpFlags.Syn | TcpFlags.Ack), Dropped), (Flags(TcpFlags.Ack), Delivered));

    [Fact]
    public void Two_named_flags_are_a_test_for_any_of_them() => Agree(
        Drop("tcp flags syn,ack"),
        (Flags(TcpFlags.Syn), Dropped), (Flags(TcpFlags.Ack), Dropped), (Flags(TcpFlags.Fin), Delivered));

    [Fact]
    public void A_flag_behind_equals_is_the_whole_byte() => Agree(
        Drop("tcp flags == syn"),
        (Flags(TcpFlags.Syn), Dropped), (Flags(TcpFlags.Syn | TcpFlags.Ack), Delivered));

    [Fact]
    public void A_flag_that_is_not_equal_is_the_whole_byte() => Agree(
        Drop("tcp flags != syn"),
        (Flags(TcpFlags.Syn), Delivered), (Flags(TcpFlags.Syn | TcpFlags.Ack), Dropped), (Flags(TcpFlags.Ack), Dropped));

    [Fact]
    public void Flags_in_a_set_are_whole_bytes() => Agree(
        Drop("tcp flags { syn, ack }"),
        (Flags(TcpFlags.Syn), Dropped), (Flags(TcpFlags.Ack), Dropped), (Flags(TcpFlags.Syn | TcpFlags.Ack), Delivered));

    [Fact]
    public void Flags_under_a_mask_are_compared_to_the_rest() => Agree(
        Drop("tcp flags & (fin|syn|rst|ack) == syn"),
        (Flags(TcpFlags.Syn), Dropped), (Flags(TcpFlags.Syn | TcpFlags.Ece | TcpFlags.Cwr), Dropped),
        (Flags(TcpFlags.Syn | TcpFlags.Ack), Delivered));

    [Fact]
    public void No_flag_under_a_mask_is_zero() => Agree(
        Drop("tcp flags & (syn|rst) == 0"),
        (Flags(TcpFlags.Syn), Delivered), (Flags(TcpFlags.Ack), Dropped), (Flags(TcpFlags.None), Dropped));

    [Fact]
    public void An_excluded_flag_is_a_test_that_its_bit_is_not_there() => Agree(
        Drop("tcp flags ! syn"),
        (Flags(TcpFlags.Syn), Delivered), (Flags(TcpFlags.Syn | TcpFlags.Ack), Delivered), (Flags(TcpFlags.Ack), Dropped));

    [Fact]
    public void Flags_with_a_slash_are_a_value_and_a_mask() => Agree(
        Drop("tcp flags syn / fin,syn,rst,ack"),
        (Flags(TcpFlags.Syn), Dropped), (Flags(TcpFlags.Syn | TcpFlags.Psh), Dropped), (Flags(TcpFlags.Syn | TcpFlags.Ack), Delivered));
}
