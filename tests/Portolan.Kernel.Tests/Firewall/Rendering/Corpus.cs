namespace Portolan.Kernel.Tests.Firewall.Rendering;

/// <summary>Rules as people write them, by the chain they stand in. Each file is a ruleset that nft loads.</summary>
internal static class Corpus
{
    /// <summary>The rules of a file beside the tests, one on each line.</summary>
    internal static string Lines(string name) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Firewall", "Rendering", "Corpus", name));
}
