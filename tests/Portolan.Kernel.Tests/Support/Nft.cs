using System.Diagnostics;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Loads rules with nft, in the namespace of the calling thread, which must not be the machine's own.</summary>
internal static class Nft
{
    /// <summary>Loads a ruleset. Skips the test where nft is not installed.</summary>
    internal static void Load(string rules)
    {
        var start = new ProcessStartInfo(Tool.Find("nft"), ["-f", "-"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(rules);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"nft ended with {process.ExitCode}: {errors}");
    }
}
