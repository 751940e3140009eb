using System.Text.Json.Serialization;
using Portolan.Model.Documents;

namespace Portolan.Scan.Documents;

/// <summary>How the documents of this layer are written. Give it to <see cref="JsonOutput"/>, which sets how text is quoted.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CheckDocument))]
[JsonSerializable(typeof(CheckStepRecord), GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(LookupRecord), GenerationMode = JsonSourceGenerationMode.Metadata)]
public sealed partial class ScanDocuments : JsonSerializerContext;
