using Portolan.Linux.Privilege;

namespace Portolan.Tests.Linux.Privilege;

/// <summary>The advice how a program is given capabilities.</summary>
public sealed class CapabilityGrantTests
{
    private static readonly CapabilitySet Raw = CapabilitySet.Of(Capability.NetRaw);

    private static readonly CapabilityGrant Plain = new("/usr/bin/portolan", default, IsNative: true);

    [Fact]
    public void The_command_grants_what_is_wanted_without_putting_it_into_effect()
    {
        Assert.Equal("sudo setcap cap_net_raw=p /usr/bin/portolan", Plain.Command(Raw)?.ToString());
        Assert.Equal(
            "run it with sudo, or grant the program the capability: sudo setcap cap_net_raw=p /usr/bin/portolan",
            Plain.HintFor(Raw).ToString());
        Assert.Equal(
            "run it with sudo, or grant the program the capabilities: sudo setcap cap_net_admin,cap_net_raw=p /usr/bin/portolan",
            Plain.HintFor(CapabilitySet.Of(Capability.NetRaw, Capability.NetAdmin)).ToString());
    }

    [Fact]
    public void What_the_file_grants_already_is_kept()
    {
        // CAP_CHOWN, which Portolan never asks for, and one without a name.
        var present = new CapabilitySet(1 | (1UL << 13) | (1UL << 60));
        Assert.Equal(
            "sudo setcap 60,cap_bpf,cap_chown,cap_net_raw=p /usr/bin/portolan",
            (Plain with { Present = present }).Command(CapabilitySet.Of(Capability.Bpf))?.ToString());
    }

    [Fact]
    public void Where_setcap_would_change_nothing_or_must_not_be_used_it_is_not_advised()
    {
        Assert.Equal("run it with sudo", (Plain with { Present = Raw }).HintFor(Raw).ToString());
        Assert.Equal("run it with sudo", (Plain with { IsNative = false }).HintFor(Raw).ToString());
    }

    [Fact]
    public void A_path_that_a_shell_would_split_is_quoted() =>
        Assert.EndsWith(
            @" '/opt/my tools/it'\''s'", (Plain with { Program = "/opt/my tools/it's" }).Command(Raw)!.ToString(),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("0100000200200000000000000000000000000000", 0x2000UL, true)] // cap_net_raw=ep
    [InlineData("0000000200200000000000008000000000000000", 0x8000002000UL, false)] // cap_bpf,cap_net_raw=p
    [InlineData("000000030020000000000000800000000000000000000000", 0x8000002000UL, false)] // the same with an owner
    public void The_attribute_of_a_file_is_read(string attribute, ulong permitted, bool isEffective)
    {
        Assert.True(FileCapabilities.TryParse(Convert.FromHexString(attribute), out var capabilities));
        Assert.Equal((permitted, isEffective), (capabilities.Permitted.Bits, capabilities.IsEffective));
    }

    [Fact]
    public void Hostile_attributes_are_none()
    {
        for (var length = 0; length < 64; length++)
        {
            var noise = new byte[length];
            new Random(length).NextBytes(noise);
            _ = FileCapabilities.TryParse(noise, out _);
            Assert.False(FileCapabilities.TryParse(noise.AsSpan(0, Math.Min(length, 19)), out var none));
            Assert.Equal(default, none);
        }
    }
}
