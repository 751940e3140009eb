using Portolan.Linux.Proc;

namespace Portolan.Tests.Linux.Proc;

public sealed class ProcMountTests
{
    [Theory]
    [InlineData("22 1 0:20 / /proc rw,relatime shared:5 - proc proc rw", null)]
    [InlineData("22 1 0:20 / /proc rw,relatime shared:5 - proc proc rw,hidepid=2,gid=4", "2")]
    [InlineData("22 1 0:20 / /proc rw,relatime shared:5 master:1 - proc proc rw,hidepid=invisible", "invisible")]
    [InlineData("22 1 0:20 / /proc rw,relatime - proc proc rw,hidepid=off", null)]
    [InlineData("22 1 0:20 / /srv/proc rw - proc proc rw,hidepid=2", null)]
    [InlineData("22 1 0:20 / /proc rw - tmpfs tmpfs rw,hidepid=2", null)]
    [InlineData("22 1 0:20 / /proc rw - proc proc rw\n30 22 0:21 / /proc rw - proc proc rw,hidepid=1", "1")]
    [InlineData("", null)]
    [InlineData(" - ", null)]
    [InlineData("- - - - -", null)]
    public void The_mount_that_is_seen_says_what_it_hides(string mountInfo, string? expected) =>
        Assert.Equal(expected, ProcMount.HidePid(mountInfo, "/proc"));
}
