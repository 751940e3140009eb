using Portolan.Linux.Packet;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Tests.Support;

namespace Portolan.Tests.Linux.Packet;

public sealed class FrameFilterProgramTests
{
    [Fact]
    public void The_program_takes_exactly_what_the_filter_wants()
    {
        var (taken, left) = (0, 0);
        Fuzz.Run(20_000, (random, _) =>
        {
            var filter = RandomFilter(random, 6);
            var headerLength = random.Next(2) * 14;
            var program = FrameFilterProgram.Compile(filter, (uint)headerLength);
            var traffic = RandomTraffic.Make(random, filter.Addresses);
            byte[] frame = [.. new byte[headerLength], .. traffic.Packet];
            var wanted = traffic.IsWantedBy(filter, filter.Addresses.Count > 0);
            Assert.Equal(wanted, FilterMachine.Run(program, frame, traffic.EtherType, traffic.VlanTag) > 0);
            _ = wanted ? taken++ : left++;
        });
        // Both answers must be common, or the comparison would say little.
        Assert.True(taken > 2000 && left > 2000, $"{taken} taken, {left} left out");
    }

    [Fact]
    public void With_more_addresses_than_fit_packets_to_any_address_are_taken() => Fuzz.Run(300, (random, _) =>
    {
        var filter = RandomFilter(random, 1);
        filter = filter with
        {
            Addresses =
            [.. Enumerable.Range(0, FrameFilterProgram.MaxAddresses + 1).Select(i => InternetAddress.FromIPv4((uint)i))]
        };
        var traffic = RandomTraffic.Make(random, []);
        var program = FrameFilterProgram.Compile(filter, 0);
        Assert.Equal(
            traffic.IsWantedBy(filter, addressesCount: false),
            FilterMachine.Run(program, traffic.Packet, traffic.EtherType, traffic.VlanTag) > 0);
    });

    [Fact]
    public void Damaged_and_cut_frames_end_the_program_as_any_other() => Fuzz.Run(20_000, (random, _) =>
    {
        var filter = RandomFilter(random, 4);
        var traffic = RandomTraffic.Make(random, filter.Addresses);
        var frame = Fuzz.Damage(random, traffic.Packet);
        var program = FrameFilterProgram.Compile(filter, (uint)(random.Next(2) * 14));
        FilterMachine.Run(program, frame.AsSpan(0, random.Next(frame.Length + 1)), traffic.EtherType, traffic.VlanTag);
    });

    [Fact]
    public void Every_program_is_one_that_the_kernel_takes() => Fuzz.Run(500, (random, _) =>
    {
        // bpf_check_classic in net/core/filter.c: no jump leaves the program, and it ends in a return.
        var program = FrameFilterProgram.Compile(RandomFilter(random, FrameFilterProgram.MaxAddresses), 14);
        Assert.InRange(program.Length, 1, FilterAssembler.MaxLength);
        Assert.Equal(FilterCode.Return, program[^1].Code);
        for (var at = 0; at < program.Length; at++)
        {
            var (code, yes, no, constant) = program[at];
            if (code == FilterCode.Jump)
            {
                Assert.True(at + 1 + constant < program.Length, $"instruction {at} jumps out");
            }
            else if ((code & 7) == 5)
            {
                Assert.True(at + 1 + Math.Max(yes, no) < program.Length, $"instruction {at} jumps out");
            }
        }
    });

    private static FrameFilter RandomFilter(Random random, int mostAddresses)
    {
        var addresses = new InternetAddress[random.Next(mostAddresses + 1)];
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i] = RandomTraffic.RandomAddress(random, random.Next(2) == 0);
        }

        var (first, last) = random.Next(3) == 0 ? (0, 65535) : (random.Next(65536), random.Next(65536));
        return new FrameFilter(addresses, new PortNumber((ushort)Math.Min(first, last)), new PortNumber((ushort)Math.Max(first, last)));
    }
}
