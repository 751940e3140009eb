using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Watch.Recording;

namespace Portolan.Cli.History;

/// <summary>The hosts of a command line.</summary>
internal static class HistoryHosts
{
    /// <summary>The hosts of a word.</summary>
    /// <exception cref="PortolanException">The store knows none. Exit code 1.</exception>
    public static List<KnownHost> Find(string word, HistoryReader reader, string store, CommandContext context) =>
        reader.FindHosts(word) is { Count: > 0 } found
            ? found
            : throw new PortolanException(
                $"the store {store} knows no host '{word}': it was not looked at, or was never up",
                $"look at it with portolan scan {StoreOption.InHint(store, context)} {word}; "
                + $"portolan history{StoreOption.OfQuestion(store, context)} shows what is stored",
                ExitCode.NothingFound);
}
