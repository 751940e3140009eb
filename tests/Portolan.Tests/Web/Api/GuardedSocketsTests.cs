using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Tests.Web.Api;

public sealed class GuardedSocketsTests
{
    [Theory]
    [InlineData("169.254.169.254", true)]
    [InlineData("169.255.0.1", false)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00:ec2::254", true)]
    [InlineData("fd00:ec2::255", false)]
    [InlineData("168.63.129.16", true)]
    [InlineData("192.0.0.192", true)]
    [InlineData("100.100.100.200", true)]
    [InlineData("::ffff:169.254.169.254", true)]
    [InlineData("::169.254.169.254", true)]
    [InlineData("::ffff:0:169.254.169.254", true)]
    [InlineData("64:ff9b::a9fe:a9fe", true)]
    [InlineData("64:ff9b:1::a9fe:a9fe", true)]
    [InlineData("64:ff9b::c633:6407", false)]
    [InlineData("2002:a9fe:a9fe::1", true)]
    [InlineData("2002:c633:6407::1", false)]
    [InlineData("2001:db8::5efe:169.254.169.254", true)]
    [InlineData("2001:0:a9fe:a9fe::1", true)]
    [InlineData("2001::5601:5601", true)]
    [InlineData("2001:db8::1", false)]
    [InlineData("::1", false)]
    [InlineData("127.0.0.1", false)]
    public void Metadata_services_are_guarded_under_every_address_that_leads_to_them(string text, bool isGuarded)
    {
        Assert.True(InternetAddress.TryParse(text, out var address));

        Assert.Equal(isGuarded, GuardedAddresses.Contain(address));
    }
}
