using Portolan.Sockets;
using Portolan.Sockets.Acquire;

namespace Portolan.Tests.Sockets.Acquire;

public sealed class InetDiagRequestTests
{
    [Fact]
    public void The_old_tcp_request_has_the_kernels_layout()
    {
        var request = InetDiagRequest.TcpOfBothFamilies(0xffe, 0x0a, []);
        Assert.Equal(16 + 60, request.Length);
        Assert.Equal(18, BitConverter.ToUInt16(request, 4));
        Assert.Equal(0x301, BitConverter.ToUInt16(request, 6));
        Assert.Equal([0, 0, 0, 0x0a], request[16..20]);
        Assert.Equal(0xffeu, BitConverter.ToUInt32(request, 16 + 52));
    }

    [Fact]
    public void A_request_by_family_has_the_kernels_layout()
    {
        var request = InetDiagRequest.OfFamily(10, 17, 0x82, 0x40, []);
        Assert.Equal(16 + 56, request.Length);
        Assert.Equal(20, BitConverter.ToUInt16(request, 4));
        Assert.Equal([10, 17, 0x40, 0], request[16..20]);
        Assert.Equal(0x82u, BitConverter.ToUInt32(request, 20));
    }

    [Fact]
    public void Mptcp_goes_into_an_attribute_and_leaves_no_number_that_an_older_kernel_would_take_for_tcp()
    {
        var request = InetDiagRequest.OfFamily(2, 262, 2, 0, []);
        Assert.Equal(0, request[17]);
        Assert.Equal([8, 0, 3, 0], request[72..76]);
        Assert.Equal(262, BitConverter.ToInt32(request, 76));
    }

    [Theory]
    [InlineData(6, 72)]
    [InlineData(262, 80)]
    public void Bytecode_follows_as_an_attribute(int protocol, int offset)
    {
        byte[] bytecode = [1, 2, 3, 4, 5, 6, 7, 8];
        var request = InetDiagRequest.OfFamily(2, protocol, 2, 0, bytecode);
        Assert.Equal([12, 0, 1, 0, .. bytecode], request[offset..]);
        Assert.Equal([12, 0, 1, 0, .. bytecode], InetDiagRequest.TcpOfBothFamilies(2, 0, bytecode)[76..]);
    }

    [Fact]
    public void State_masks_are_translated_per_kind_of_socket()
    {
        var all = new SocketQuery();
        Assert.Equal(0x1ffeu, KernelStates.ConnectionMask(all));
        Assert.Equal(0x3ffeu, KernelStates.ConnectionMask(all with { Bound = true }));
        Assert.Equal(1u << 10, KernelStates.ConnectionMask(all with { States = 1u << (int)SocketState.Listen }));
        Assert.Equal((1u << 3) | (1u << 12), KernelStates.ConnectionMask(all with { States = 1u << (int)SocketState.SynReceived }));
        Assert.Equal((1u << 1) | (1u << 7), KernelStates.DatagramMask(all.States));
        Assert.Equal(1u << 7, KernelStates.DatagramMask((1u << (int)SocketState.Listen) | (1u << (int)SocketState.Unconnected)));
        Assert.Equal(0u, KernelStates.DatagramMask(1u << (int)SocketState.Listen));
        Assert.Equal((1u << 1) | (1u << 7) | (1u << 10), KernelStates.UnixMask(all.States));
    }
}
