using Portolan.Linux.Bpf;
using Portolan.Linux.Proc;

namespace Portolan.Tests.Linux.Bpf;

public sealed class BpfProgramBuilderTests
{
    [Fact]
    public void Instructions_have_the_kernels_layout()
    {
        var code = new BpfProgramBuilder()
            .Copy(BpfRegister.R6, BpfRegister.R1)
            .LoadFrom(BpfRegister.R7, BpfRegister.R6, 8, BpfWidth.Double)
            .StoreTo(BpfRegister.Frame, -16, BpfRegister.R1, BpfWidth.Word)
            .Increase(BpfRegister.R2, -16)
            .Call(127)
            .Exit(0);

        // As `llvm-objdump -d` prints them: r6 = r1; r7 = *(u64 *)(r6 + 8); *(u32 *)(r10 - 16) = w1; r2 += -16; call 127; r0 = 0; exit.
        Assert.Equal(
            [
                0x0000_0000_0000_16bf, 0x0000_0000_0008_6779, 0x0000_0000_fff0_1a63, 0xffff_fff0_0000_0207, 0x0000_007f_0000_0085,
                0x0000_0000_0000_00b7, 0x0000_0000_0000_0095,
            ],
            code);
    }

    [Fact]
    public void Every_exit_leads_to_the_end()
    {
        var code = new BpfProgramBuilder().ExitIfZero(BpfRegister.R7).Set(BpfRegister.R3, 16).ExitIfZero(BpfRegister.R0).Exit(1);

        Assert.Equal([0x0000_0000_0002_0715, 0x0000_0010_0000_03b7, 0x0000_0000_0000_0015, 0x0000_0001_0000_00b7, 0x95], code);
    }

    [Fact]
    public void Records_are_taken_whole_and_only_of_wanted_sockets()
    {
        var holders = new HolderList();
        byte[] records =
        [
            10, 0, 0, 0, 3, 0, 0, 0, 0x39, 0x30, 0, 0, 0, 0, 0, 0,
            11, 0, 0, 0, 4, 0, 0, 0, 0x40, 0x30, 0, 0, 0, 0, 0, 0,
            12, 0, 0, 0, 5, 0, 0, 0, 0x39, 0x30, 0, 0, 1, 0, 0, 0,
            13, 0, 0, 0, 5, 0, 0, 0, 0x39, 0x30, 0,
        ];

        var used = SocketHolderIterator.Take(records, new InodeSet([12345]), holders);

        Assert.Equal(48, used);
        var (inodes, pids) = holders.ToSorted();
        Assert.Equal([12345u], inodes);
        Assert.Equal([10], pids);
    }
}
