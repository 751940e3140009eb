namespace Portolan.RegistryGenerator;

internal static class Files
{
    /// <summary>Writes a file, and leaves one alone that has this text already: what is built from it is not built again.</summary>
    public static void WriteChanged(string path, string text)
    {
        if (!File.Exists(path) || File.ReadAllText(path) != text)
        {
            File.WriteAllText(path, text);
        }
    }
}
