using System.Collections.Immutable;
using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Portolan.EndToEnd.Tests.Documents;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>
/// The libraries as packages: what is in them, and that a reader of their pages makes programs of them outside the checkout.
/// </summary>
public sealed class PackageTests : IClassFixture<PackageTests.Feed>
{
    /// <summary>The kind of custom debug information that holds a source file (Portable PDB format).</summary>
    private static readonly Guid EmbeddedSource = new("0e8a571b-6926-466e-b4ad-8ab04611f5fe");

    private readonly Feed _feed;

    public PackageTests(Feed feed) => _feed = feed;

    [Theory]
    [InlineData("Portolan.Model")]
    [InlineData("Portolan.Packets", "Portolan.Model")]
    [InlineData("Portolan.Linux", "Portolan.Packets")]
    [InlineData("Portolan.Transport", "Portolan.Packets")]
    [InlineData("Portolan.Transport.AspNetCore", "Portolan.Transport")]
    [InlineData("Portolan.Transport.Testing", "Portolan.Transport")]
    [InlineData("Portolan.Scan", "Portolan.Packets")]
    [InlineData("Portolan.Lab", "Portolan.Linux", "Portolan.Scan", "Portolan.Transport.AspNetCore", "YamlDotNet")]
    public void A_package_says_what_it_is_and_can_be_stepped_into(string name, params string[] dependencies)
    {
        using var package = ZipFile.OpenRead(_feed.PackageOf(name));
        var metadata = XDocument.Load(package.GetEntry($"{name}.nuspec")!.Open()).Root!.Elements().Single();
        string? Value(string element) => Find(metadata, element).SingleOrDefault()?.Value;

        Assert.Equal("MIT", Value("license"));
        Assert.Equal("expression", Find(metadata, "license").Single().Attribute("type")!.Value);
        Assert.Equal("README.md", Value("readme"));
        Assert.True(Value("description") is { Length: > 40 }, "it has no description");
        Assert.NotEmpty(Value("tags")!);
        Assert.Equal(dependencies, Find(metadata, "dependency").Select(static d => d.Attribute("id")!.Value));
        Assert.All(
            Find(metadata, "dependency").Where(static d => d.Attribute("id")!.Value.StartsWith("Portolan.", StringComparison.Ordinal)),
            d => Assert.Equal(Value("version"), d.Attribute("version")!.Value));
        Assert.Equal(
            name is "Portolan.Transport.AspNetCore" or "Portolan.Lab" ? ["Microsoft.AspNetCore.App"] : [],
            Find(metadata, "frameworkReference").Select(static f => f.Attribute("name")!.Value));
        Assert.Matches("^[0-9a-f]{40}$", Find(metadata, "repository").Single().Attribute("commit")!.Value);

        Assert.True(package.GetEntry("README.md") is { Length: > 100 });
        Assert.True(package.GetEntry($"lib/net10.0/{name}.xml") is { Length: > 1000 });
        AssertPublicDocs(package, name);
        AssertSymbols(Read(package, $"lib/net10.0/{name}.dll"));
    }

    /// <summary>Every block of the pages for users, and of what is in the packages.</summary>
    [Theory]
    [InlineData("docs/transport.md")]
    [InlineData("docs/lab-library.md")]
    [InlineData("src/Portolan.Model/README.md", "Portolan.Model")]
    [InlineData("src/Portolan.Packets/README.md", "Portolan.Packets")]
    [InlineData("src/Portolan.Linux/README.md", "Portolan.Linux", "Portolan.Transport")]
    [InlineData("src/Portolan.Transport/README.md", "Portolan.Transport")]
    [InlineData("src/Portolan.Transport.AspNetCore/README.md", "Portolan.Transport.AspNetCore")]
    [InlineData("src/Portolan.Transport.Testing/README.md", "Portolan.Transport.Testing")]
    [InlineData("src/Portolan.Scan/README.md", "Portolan.Scan")]
    [InlineData("src/Portolan.Lab/README.md", "Portolan.Lab")]
    public void The_blocks_of_a_page_run_as_written(string page, params string[] packages)
    {
        using var reader = new PageReader(_feed.Dotnet);
        reader.Follow(page, packages);
    }

    /// <summary>The examples that an editor shows beside the members that people start with.</summary>
    [Fact]
    public void The_examples_of_members_compile()
    {
        var examples = new List<string>();
        foreach (var name in Directory.GetFiles(Repository.PathOf("artifacts", "feed"), "Portolan.*.nupkg"))
        {
            using var package = ZipFile.OpenRead(name);
            using var text = package.Entries.Single(static e => e.Name.StartsWith("Portolan.", StringComparison.Ordinal)
                && e.Name.EndsWith(".xml", StringComparison.Ordinal)).Open();
            examples.AddRange(XDocument.Load(text).Descendants("example").Select(static e => e.Element("code")!.Value));
        }

        Assert.True(examples.Count >= 50, $"only {examples.Count} members have an example");
        using var reader = new PageReader(_feed.Dotnet);
        reader.Compile(ExampleProgram.Of(examples), ["Portolan.Lab", "Portolan.Transport.Testing"]);
    }

    [Fact]
    public void Every_page_with_programs_is_run()
    {
        var run = typeof(PackageTests).GetMethod(nameof(The_blocks_of_a_page_run_as_written))!
            .GetCustomAttributes<InlineDataAttribute>().Select(static d => (string)d.Data[0]!);

        Assert.Empty(
            Repository.Files().Where(
                static f => f.EndsWith(".md", StringComparison.Ordinal)
                    && DocumentExample.Blocks(f).Any(static b => b.Language == "csharp"))
            .Except(run, StringComparer.Ordinal));
    }

    private static IEnumerable<XElement> Find(XElement metadata, string name) =>
        metadata.Descendants().Where(e => e.Name.LocalName == name);

    private static ImmutableArray<byte> Read(ZipArchive package, string name)
    {
        using var bytes = new MemoryStream();
        using var entry = package.GetEntry(name)!.Open();
        entry.CopyTo(bytes);
        return [.. bytes.ToArray()];
    }

    /// <summary>The documentation has all that users can call, names nothing else, and refers to nothing else.</summary>
    private static void AssertPublicDocs(ZipArchive package, string name)
    {
        using var file = new PEReader(Read(package, $"lib/net10.0/{name}.dll"));
        var reader = file.GetMetadataReader();
        var visible =
            reader.TypeDefinitions.Where(t => IsVisible(reader, t)).Select(t => NameOf(reader, t)).ToHashSet(StringComparer.Ordinal);
        var document = XDocument.Load(package.GetEntry($"lib/net10.0/{name}.xml")!.Open());
        var members = document.Descendants("member").Select(static m => m.Attribute("name")!.Value).ToHashSet(StringComparer.Ordinal);

        Assert.All(visible, type => Assert.Contains($"T:{type}", members));
        Assert.All(members, member => Assert.Contains(TypeOf(member), visible));
        Assert.Contains(members, static m => m.Contains('(', StringComparison.Ordinal));
        var all = reader.TypeDefinitions.Select(t => NameOf(reader, t)).ToHashSet(StringComparer.Ordinal);
        var references = document.Descendants().Attributes("cref").Select(static c => c.Value).Where(c => all.Contains(TypeOf(c)));
        Assert.All(references, reference => Assert.Contains(TypeOf(reference), visible));
    }

    /// <summary>The type of a documentation ID: itself, or that of a member.</summary>
    private static string TypeOf(string id)
    {
        var name = id[2..].Split('(')[0];
        return id[0] == 'T' ? name : name[..name.LastIndexOf('.')];
    }

    private static bool IsVisible(MetadataReader reader, TypeDefinitionHandle handle) =>
        reader.GetTypeDefinition(handle) is var type && (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem =>
                IsVisible(reader, type.GetDeclaringType()),
            _ => false,
        };

    private static string NameOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        return type.GetDeclaringType().IsNil
            ? $"{reader.GetString(type.Namespace)}.{name}"
            : $"{NameOf(reader, type.GetDeclaringType())}.{name}";
    }

    /// <summary>Sources are inside, and no path of the machine that built it.</summary>
    private static void AssertSymbols(ImmutableArray<byte> assembly)
    {
        using var file = new PEReader(assembly);
        var entries = file.ReadDebugDirectory();
        Assert.Contains(entries, static e => e.Type == DebugDirectoryEntryType.Reproducible);
        using var provider = file.ReadEmbeddedPortablePdbDebugDirectoryData(
            entries.Single(static e => e.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
        var symbols = provider.GetMetadataReader();
        Assert.All(symbols.Documents, handle =>
        {
            Assert.StartsWith("/_/", symbols.GetString(symbols.GetDocument(handle).Name), StringComparison.Ordinal);
            Assert.Contains(
                symbols.GetCustomDebugInformation(handle),
                i => symbols.GetGuid(symbols.GetCustomDebugInformation(i).Kind) == EmbeddedSource);
        });
    }

    /// <summary>The packages, made once.</summary>
    public sealed class Feed
    {
        public Feed()
        {
            Dotnet = Programs.Find("dotnet", "/usr/share/dotnet/dotnet", "/usr/lib/dotnet/dotnet", "/usr/bin/dotnet");
            Programs.Run(Repository.PathOf("scripts", "pack-libraries"), []).Expect(0);
        }

        internal string Dotnet { get; }

        internal string PackageOf(string name) =>
            Directory.GetFiles(Repository.PathOf("artifacts", "feed")).Single(
                f => Path.GetFileName(f).StartsWith($"{name}.0", StringComparison.Ordinal));
    }
}
