using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Router.Tests.Harness;

/// <summary>The product's source code, and which of its files and folders use types of which others.</summary>
internal sealed class SourceCode
{
    private readonly Dictionary<(string From, string To), SortedSet<string>> _uses = [];

    private SourceCode(CSharpCompilation compilation)
    {
        foreach (var tree in compilation.SyntaxTrees.Where(tree => tree.FilePath.Length > 0))
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                if (model.GetSymbolInfo(name).Symbol is { } symbol)
                    Add(tree.FilePath, symbol);
            }
        }
    }

    /// <summary>Each pair of files of which the first uses types of the second, with these types. Paths are below <c>Router/</c>.</summary>
    public IReadOnlyDictionary<(string From, string To), SortedSet<string>> Uses => _uses;

    /// <summary>The types from outside the product that a folder uses, by their namespaces.</summary>
    public Dictionary<string, SortedSet<string>> Outside { get; } = [];

    public static SourceCode Read()
    {
        var root = Path.Combine(Script.Root, "Router");
        var files = Directory
            .EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, file))
            .Where(file => !file.StartsWith("obj/", StringComparison.Ordinal) && !file.StartsWith("bin/", StringComparison.Ordinal));
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        var trees = files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(root, file)), options, file)).ToList();
        // What ImplicitUsings and the project file add.
        string[] implicits =
        [
            "System",
            "System.Collections.Generic",
            "System.IO",
            "System.Linq",
            "System.Net.Http",
            "System.Net.Http.Json",
            "System.Threading",
            "System.Threading.Tasks",
            "Microsoft.AspNetCore.Builder",
            "Microsoft.AspNetCore.Hosting",
            "Microsoft.AspNetCore.Http",
            "Microsoft.Extensions.Configuration",
            "Microsoft.Extensions.DependencyInjection",
            "Microsoft.Extensions.Hosting",
            "Microsoft.Extensions.Logging",
        ];
        var usings = string.Concat(implicits.Select(name => $"global using {name};\n"));
        trees.Add(CSharpSyntaxTree.ParseText(usings, options));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is not ("router.dll" or "Router.Tests.dll"))
            .Select(path => MetadataReference.CreateFromFile(path));
        return new SourceCode(
            CSharpCompilation.Create(
                "source",
                trees,
                references,
                // Which reference may be null changes no dependency, and takes the compiler as long as everything else.
                new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Disable)
            )
        );
    }

    public static string FolderOf(string file) => Path.GetDirectoryName(file)!;

    /// <summary>Sets of nodes that reach each other, of more than one node (Tarjan).</summary>
    public static List<string[]> Cycles(IEnumerable<(string From, string To)> edges)
    {
        var graph = edges.Where(edge => edge.From != edge.To).ToLookup(edge => edge.From, edge => edge.To);
        var (index, low, stack, cycles) = (
            new Dictionary<string, int>(),
            new Dictionary<string, int>(),
            new Stack<string>(),
            new List<string[]>()
        );
        foreach (var node in graph.Select(group => group.Key))
        {
            if (!index.ContainsKey(node))
                Visit(node);
        }

        return cycles;

        void Visit(string node)
        {
            index[node] = low[node] = index.Count;
            stack.Push(node);
            foreach (var next in graph[node])
            {
                if (!index.TryGetValue(next, out var seen))
                {
                    Visit(next);
                    low[node] = Math.Min(low[node], low[next]);
                }
                else if (stack.Contains(next))
                {
                    low[node] = Math.Min(low[node], seen);
                }
            }

            if (low[node] != index[node])
                return;
            var cycle = new List<string>();
            do cycle.Add(stack.Pop());
            while (cycle[^1] != node);
            if (cycle.Count > 1)
                cycles.Add([.. cycle.Order(StringComparer.Ordinal)]);
        }
    }

    private void Add(string file, ISymbol symbol)
    {
        ITypeSymbol?[] types =
        [
            symbol as ITypeSymbol ?? symbol.ContainingType,
            symbol switch
            {
                IMethodSymbol method => method.ReturnType,
                IPropertySymbol property => property.Type,
                IFieldSymbol field => field.Type,
                _ => null,
            },
        ];
        foreach (var type in types.OfType<ITypeSymbol>().Select(type => type.OriginalDefinition))
        {
            if (type.DeclaringSyntaxReferences is [])
                (Outside.TryGetValue(FolderOf(file), out var known) ? known : Outside[FolderOf(file)] = []).Add(
                    $"{type.ContainingNamespace}.{type.Name}"
                );
            foreach (var declaration in type.DeclaringSyntaxReferences.Where(declaration => declaration.SyntaxTree.FilePath != file))
            {
                var pair = (file, declaration.SyntaxTree.FilePath);
                (_uses.TryGetValue(pair, out var names) ? names : _uses[pair] = []).Add(type.Name);
            }
        }
    }
}
