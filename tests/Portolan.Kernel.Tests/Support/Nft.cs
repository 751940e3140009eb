namespace Portolan.Kernel.Tests.Support;

/// <summary>Loads rules with nft, in the namespace of the calling thread, which must not be the machine's own.</summary>
internal static class Nft
{
    /// <summary>Loads a ruleset. Skips the test where nft is not installed.</summary>
    internal static void Load(string rules) => Tool.Feed("nft", rules, "-f", "-");
}
