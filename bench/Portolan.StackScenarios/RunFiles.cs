namespace Portolan.StackScenarios;

/// <summary>Where the figures of a run go: two files of a folder, or the terminal.</summary>
internal static class RunFiles
{
    /// <summary>Writes them.</summary>
    /// <param name="folder">Where; <c>null</c> for the terminal, without the raw figures.</param>
    /// <param name="raw">The name of the file of raw figures, and these.</param>
    /// <param name="summary">The name of the file for people, and its text.</param>
    internal static void Write(string? folder, (string Name, string Text) raw, (string Name, string Text) summary)
    {
        if (folder is null)
        {
            Console.Write(summary.Text);
            return;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, raw.Name), raw.Text);
        File.WriteAllText(Path.Combine(folder, summary.Name), summary.Text);
    }
}
