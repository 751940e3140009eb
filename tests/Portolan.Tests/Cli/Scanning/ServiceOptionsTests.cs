namespace Portolan.Tests.Cli.Scanning;

/// <summary>-sV and what belongs to it.</summary>
public sealed class ServiceOptionsTests
{
    [Theory]
    [InlineData("", null, 0)]
    [InlineData("-sV", 7, 6)]
    [InlineData("-sV --version-intensity 0", 0, 6)]
    [InlineData("-sV --version-light", 2, 6)]
    [InlineData("-sSUV --version-all", 9, int.MaxValue)]
    public void The_intensity_is_as_nmaps(string words, int? intensity, int connections)
    {
        var settings = ScanLine.Read($"{words} 192.0.2.1").Services.Settings;
        Assert.Equal(intensity, settings?.Intensity);
        Assert.Equal(connections, settings?.MaxConnections ?? 0);
    }

    [Theory]
    [InlineData("-sV", false, 7)]
    [InlineData("-sC", true, 0)]
    [InlineData("-sVC", true, 7)]
    [InlineData("-sC --version-trace", true, 0)]
    [InlineData("-A", true, 7)]
    [InlineData("-A --version-light", true, 2)]
    public void Facts_are_asked_for_with_sC(string words, bool facts, int intensity)
    {
        var settings = ScanLine.Read($"{words} 192.0.2.1").Services.Settings;
        Assert.Equal((facts, intensity), (settings?.Facts, settings?.Intensity));
    }

    [Theory]
    [InlineData("--version-light", "--version-light needs -sV")]
    [InlineData("--allports", "--allports needs -sV")]
    [InlineData("-sV --version-intensity 10", "--version-intensity 10: not a number from 0 to 9")]
    [InlineData("-sV --version-intensity x", "--version-intensity x: not a number from 0 to 9")]
    [InlineData(
        "-sV --version-light --version-all", "--version-intensity, --version-light and --version-all say the same thing differently")]
    [InlineData("-sV -sn", "-sV cannot be combined with -sn, which scans no ports")]
    [InlineData("-sV -sL", "-sV cannot be combined with -sL, which sends nothing")]
    [InlineData("-sAV", "-sV cannot be combined with -sA, which finds no open port for certain")]
    [InlineData("-sC --version-light", "--version-light needs -sV")]
    [InlineData("-sC -sn", "-sC cannot be combined with -sn, which scans no ports")]
    [InlineData("-A -sF", "-A cannot be combined with -sF, which finds no open port for certain")]
    public void What_means_nothing_is_refused_with_a_remedy(string words, string message)
    {
        var refusal = ScanLine.Refuse($"{words} 192.0.2.1");
        Assert.Equal(message, refusal.Message);
        Assert.NotNull(refusal.Hint);
    }
}
