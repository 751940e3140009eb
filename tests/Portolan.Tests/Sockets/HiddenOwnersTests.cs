using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets;

public sealed class HiddenOwnersTests
{
    [Theory]
    [InlineData(HiddenOwnersReason.OtherUsers, "processes of other users are hidden: run as root to see them")]
    [InlineData(HiddenOwnersReason.LookRefused, "some processes are hidden even from root")]
    public void Why_owners_are_hidden_is_said_with_what_shows_them(HiddenOwnersReason reason, string words) =>
        Assert.Equal(words, HiddenOwners.Words(reason));
}
