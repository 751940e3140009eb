using Portolan.Linux.Proc;

namespace Portolan.Tests.Linux.Proc;

public sealed class SocketCountTests
{
    [Theory]
    [InlineData(
        "sockets: used 16\nTCP: inuse 20 orphan 1 tw 300 alloc 37 mem 2797\nUDP: inuse 4000 mem 0\nUDPLITE: inuse 50000\nRAW: inuse 7\n",
        4320L)]
    [InlineData("TCP6: inuse 1\nUDP6: inuse 2\n", 3L)]
    [InlineData("TCP: inuse 0\n", 0L)]
    [InlineData("TCP: inuse -1 tw\nUDP: inuse 99999999999999999999\n", null)]
    [InlineData("", null)]
    public void Tcp_and_udp_sockets_and_those_in_time_wait_are_added(string text, long? expected) =>
        Assert.Equal(expected, SocketCount.Sum(text));

    [Theory]
    [InlineData("sockets: used 16\nTCP: inuse 20 orphan 1 tw 300 alloc 100037 mem 2797\nUDP: inuse 4000 mem 0\n", 100037L)]
    [InlineData("TCP: inuse 20 alloc\n", null)]
    [InlineData("", null)]
    public void The_kernel_counts_the_tcp_sockets_of_all_namespaces(string text, long? expected) =>
        Assert.Equal(expected, SocketCount.Allocated(text));

    [Fact]
    public void Without_proc_the_number_is_not_known() => Assert.Null(SocketCount.Read("/nonexistent"));
}
