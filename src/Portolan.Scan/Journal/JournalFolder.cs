using System.Runtime.InteropServices;
using Portolan.Model;

namespace Portolan.Scan.Journal;

/// <summary>
/// The folder that journals are kept in unless a person names a file: <c>$XDG_STATE_HOME/portolan</c> (XDG Base Directory Specification
/// 0.8).
/// </summary>
public static class JournalFolder
{
    /// <summary>The folder; <c>null</c> when neither variable names one.</summary>
    /// <param name="stateHome">XDG_STATE_HOME, which counts when it is an absolute path.</param>
    /// <param name="home">HOME.</param>
    public static string? Find(string? stateHome, string? home)
    {
        if (!string.IsNullOrEmpty(stateHome) && Path.IsPathRooted(stateHome))
        {
            return Path.Combine(stateHome, "portolan");
        }

        return string.IsNullOrEmpty(home) ? null : Path.Combine(home, ".local", "state", "portolan");
    }

    /// <summary>The journals of scans that are not running, newest first. What cannot be read is left out.</summary>
    public static IReadOnlyList<JournalEntry> List(string folder)
    {
        var entries = new List<JournalEntry>();
        foreach (var name in NamedFile.NamesIn(folder, int.MaxValue))
        {
            if (!name.EndsWith(JournalFiles.Extension, StringComparison.Ordinal))
            {
                continue;
            }

            var path = Path.Combine(folder, name);
            try
            {
                using var file = JournalFiles.OpenExclusive(path);
                var header = JournalFiles.ReadHeader(file, path);
                entries.Add(new JournalEntry(path, header.StartedAt, File.GetLastWriteTimeUtc(path), header.Arguments));
            }
            catch (Exception exception) when (exception is PortolanException or IOException)
            {
                // Running, damaged or another's.
            }
        }

        CollectionsMarshal.AsSpan(entries).Sort(static (left, right) => right.WrittenAt.CompareTo(left.WrittenAt));
        return entries;
    }
}

/// <summary>A journal in the folder.</summary>
/// <param name="Path">The file.</param>
/// <param name="StartedAt">When its scan began.</param>
/// <param name="WrittenAt">When it last wrote.</param>
/// <param name="Arguments">Its command line.</param>
public sealed record JournalEntry(string Path, DateTimeOffset StartedAt, DateTime WrittenAt, IReadOnlyList<string> Arguments);
