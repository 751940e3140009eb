using System.Text;
using Portolan.Linux.Namespaces;
using Portolan.Tests.Support;

namespace Portolan.Tests.Linux.Namespaces;

public sealed class NamespaceMountsTests
{
    [Theory]
    [InlineData("512 29 0:4 net:[4026532281] /run/netns/blue rw shared:250 - nsfs nsfs rw", 4026532281UL, "/run/netns/blue")]
    [InlineData("513 29 0:4 net:[4026532400] /run/docker/netns/3f2a rw - nsfs nsfs rw", 4026532400UL, "/run/docker/netns/3f2a")]
    [InlineData(@"514 29 0:4 net:[1] /run/netns/a\040b\134c rw - nsfs nsfs rw", 1UL, @"/run/netns/a b\c")]
    public void A_mounted_network_namespace_is_read(string line, ulong inode, string path)
    {
        Assert.True(NamespaceMounts.TryParse(Encoding.UTF8.GetBytes(line), out var foundInode, out var foundPath));
        Assert.Equal((inode, path), (foundInode, foundPath));
    }

    [Theory]
    [InlineData("515 29 0:4 mnt:[4026532281] /run/x rw - nsfs nsfs rw")]
    [InlineData("29 1 254:0 / / rw,relatime - ext4 /dev/vda rw")]
    [InlineData("512 29 0:4 net:[4026532281] relative rw - nsfs nsfs rw")]
    [InlineData("512 29 0:4 net:[x] /run/x rw - nsfs nsfs rw")]
    [InlineData("512 29 - nsfs ")]
    [InlineData("")]
    public void Anything_else_is_not(string line) => Assert.False(NamespaceMounts.TryParse(Encoding.UTF8.GetBytes(line), out _, out _));

    [Fact]
    public void Hostile_lines_never_throw_and_give_whole_paths_only() => Fuzz.Run(20_000, (random, _) =>
    {
        var line = Fuzz.Damage(random, Encoding.UTF8.GetBytes(@"514 29 0:4 net:[1] /run/netns/a\040b rw - nsfs nsfs rw"));
        if (NamespaceMounts.TryParse(line, out var _, out var path))
        {
            Assert.StartsWith("/", path, StringComparison.Ordinal);
        }
    });
}
