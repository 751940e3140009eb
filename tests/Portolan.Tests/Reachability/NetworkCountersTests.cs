using Portolan.Reachability.Explaining;

namespace Portolan.Tests.Reachability;

public sealed class NetworkCountersTests
{
    [Fact]
    public void Counters_are_found_by_name_in_whatever_place()
    {
        var counters = NetworkCounters.Parse(
            "TcpExt: A ListenOverflows B IPReversePathFilter\nTcpExt: 1 22 3 44\nIpExt: ListenOverflows\nIpExt: 9\n"u8);

        Assert.Equal((22UL, 44UL), (counters.ListenOverflows, counters.ReversePathDrops));
    }

    [Theory]
    [InlineData("")]
    [InlineData("TcpExt:")]
    [InlineData("TcpExt: ListenOverflows\n")]
    [InlineData("TcpExt: ListenOverflows\nTcpExt: many\n")]
    public void What_is_not_there_stays_unknown(string text) =>
        Assert.Null(NetworkCounters.Parse(System.Text.Encoding.UTF8.GetBytes(text)).ListenOverflows);
}
