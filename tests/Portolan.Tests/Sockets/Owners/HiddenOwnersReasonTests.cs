using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Owners;

public sealed class HiddenOwnersReasonTests
{
    [Theory]
    [InlineData("proc", false, HiddenOwnersReason.OtherUsers)]
    [InlineData("proc", true, HiddenOwnersReason.LookRefused)]
    [InlineData("bpf", false, HiddenOwnersReason.LookRefused)]
    public void An_ordinary_user_is_sent_to_root_only_where_root_sees_more(string source, bool isRoot, HiddenOwnersReason why) =>
        Assert.Equal(why, new OwnerMap([], [], source, hiddenProcesses: 1).WhyHidden(isRoot));
}
