using Portolan.Scan.Checking;

namespace Portolan.Tests.Scan.Checking;

/// <summary>The names of a certificate in a sentence.</summary>
public sealed class CertificateNamesTests
{
    [Fact]
    public void Thousands_of_names_do_not_flood_the_screen()
    {
        Assert.Equal("no name at all", CertificateJudge.ListOf([]));
        Assert.Equal("a, b", CertificateJudge.ListOf(["a", "b"]));
        Assert.Equal(
            "a, b, c, d, e, f and 1494 more", CertificateJudge.ListOf([.. "abcdef".Select(c => c.ToString()), .. new string[1494]]));
    }
}
