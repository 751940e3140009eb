using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Portolan.PublicDocs;

/// <summary>The compiler documents every member of an assembly. This keeps what its users can call.</summary>
internal static class Program
{
    /// <summary>Writes the files anew.</summary>
    /// <param name="args">Assemblies; the documentation of each lies beside it.</param>
    public static int Main(string[] args)
    {
        foreach (var assembly in args)
        {
            Keep(assembly, Path.ChangeExtension(assembly, ".xml"));
        }

        return 0;
    }

    private static void Keep(string assembly, string documentation)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var kept = new PublicIds(file.GetMetadataReader()).Collect();
        var document = XDocument.Load(documentation, LoadOptions.PreserveWhitespace);
        foreach (var member in document.Descendants("member").Where(m => !kept.Contains((string?)m.Attribute("name") ?? "")).ToList())
        {
            // The line break and the indentation before it go too.
            (member.PreviousNode as XText)?.Remove();
            member.Remove();
        }

        document.Save(documentation, SaveOptions.DisableFormatting);
    }
}
