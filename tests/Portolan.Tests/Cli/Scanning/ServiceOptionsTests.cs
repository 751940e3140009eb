using Portolan.Scan.Identification.Facts;

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
        Assert.Equal(facts ? FactCatalog.All : [], settings!.Facts);
        Assert.Equal(intensity, settings.Intensity);
    }

    [Theory]
    [InlineData("--script http-title", "http-title", 0)]
    [InlineData("--script SSL-Cert.nse,http-title", "http-title,ssl-cert", 0)]
    [InlineData("-sV --script ssh-hostkey --script=http-title", "http-title,ssh-hostkey", 7)]
    public void Facts_can_be_asked_for_by_name(string words, string facts, int intensity)
    {
        var settings = ScanLine.Read($"{words} 192.0.2.1").Services.Settings;
        Assert.Equal((facts, intensity), (string.Join(',', settings!.Facts.Select(static fact => fact.Id)), settings.Intensity));
    }

    [Theory]
    [InlineData("--script default")]
    [InlineData("--script http-title,default")]
    [InlineData("-sC --script http-title")]
    [InlineData("-A --script http-title")]
    public void All_facts_beside_named_ones_are_all(string words) =>
        Assert.Equal(FactCatalog.All, ScanLine.Read($"{words} 192.0.2.1").Services.Settings!.Facts);

    [Theory]
    [InlineData("http-titel", "Portolan has no fact 'http-titel'; did you mean http-title?", "--list-facts")]
    [InlineData("http-enum", "Portolan has no fact 'http-enum'", "use nmap")]
    [InlineData("ssh-hostkey,http-vhosts", "Portolan has no fact 'http-vhosts'", "use nmap")]
    [InlineData("banner", "Portolan has no fact 'banner'", "--banners")]
    [InlineData("smb-os-discovery", "Portolan has no fact 'smb-os-discovery'", "smb-ntlm-info")]
    [InlineData("ssl-enum-ciphers", "Portolan has no fact 'ssl-enum-ciphers'", "tls-versions")]
    [InlineData("vuln", "vuln: Portolan has no categories of scripts", "nmap --script vuln")]
    [InlineData("ssh*", "ssh*: patterns are not supported", "--script ssh-hostkey,ssh2-enum-algos")]
    [InlineData("mongo*", "mongo*: patterns are not supported", "--list-facts")]
    [InlineData("not(intrusive)", "not(intrusive): expressions are not supported", "commas")]
    [InlineData("+http-title", "+http-title: facts cannot be forced on services of another protocol", "leave out")]
    [InlineData("http-title,,ssl-cert", "http-title,,ssl-cert: a name is empty", "--list-facts")]
    public void A_script_that_is_no_fact_is_refused_with_what_there_is(string names, string message, string hint)
    {
        var refusal = ScanLine.Refuse($"--script {names} 192.0.2.1");
        Assert.EndsWith(message, refusal.Message);
        Assert.Contains(hint, refusal.Hint?.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version-light", "--version-light needs -sV")]
    [InlineData("--allports", "--allports needs -sV")]
    [InlineData("-sV --version-intensity 10", "--version-intensity 10: not a number from 0 to 9")]
    [InlineData("-sV --version-intensity x", "--version-intensity x: not a number from 0 to 9")]
    [InlineData(
        "-sV --version-light --version-all", "--version-intensity, --version-light and --version-all exclude each other")]
    [InlineData("-sV -sn", "-sV cannot be combined with -sn, which scans no ports")]
    [InlineData("-sV -sL", "-sV cannot be combined with -sL, which sends nothing")]
    [InlineData("-sAV", "-sV cannot be combined with -sA, which proves no port open")]
    [InlineData("-sC --version-light", "--version-light needs -sV")]
    [InlineData("-sC -sn", "-sC cannot be combined with -sn, which scans no ports")]
    [InlineData("--script default -sn", "--script cannot be combined with -sn, which scans no ports")]
    [InlineData("--script http-title --version-light", "--version-light needs -sV")]
    [InlineData("-A -sF", "-A cannot be combined with -sF, which proves no port open")]
    public void What_means_nothing_is_refused_with_a_remedy(string words, string message)
    {
        var refusal = ScanLine.Refuse($"{words} 192.0.2.1");
        Assert.Equal(message, refusal.Message);
        Assert.NotNull(refusal.Hint);
    }
}
