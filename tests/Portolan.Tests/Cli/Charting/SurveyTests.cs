using Portolan.Cli.Charting;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Cli.Charting;

public sealed class SurveyTests
{
    [Theory]
    [InlineData("proc", false, "processes of other users are hidden: run as root to see them")]
    [InlineData("proc", true, "some processes do not let even root look")]
    [InlineData("bpf", false, "some processes do not let even root look")]
    public void An_ordinary_user_is_sent_to_root_only_where_root_sees_more(string source, bool isRoot, string why) =>
        Assert.Equal(why, Survey.WhyHidden(new OwnerMap([], [], source, hiddenProcesses: 1), isRoot));
}
